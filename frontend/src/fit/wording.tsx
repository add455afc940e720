import { useTranslation } from "react-i18next";
import { Badge } from "../design/parts";
import { useFormat } from "../i18n/format";
import type { Fit, Flag } from "./fit";

/** Why a line should be heard before anybody else hears it, in a word or two. */
export function FlagBadge({ flag }: { flag: Flag }) {
  const { t } = useTranslation("fit");
  return <Badge tone="warn">{t(`flag.${flag}`)}</Badge>;
}

/** Where a line stands and why, in sentences. */
export function useReasons(): (fit: Fit) => string {
  const { t } = useTranslation("fit");
  const format = useFormat();
  return (fit) =>
    fit.said
      .map(({ key, ms, times, text }) =>
        t(key, {
          seconds: format.number(Math.round((ms ?? 0) / 100) / 10),
          percent: format.percent(Math.abs((times ?? 1) - 1) + 1e-9),
          text: text ?? "",
        }),
      )
      .join(" ");
}
