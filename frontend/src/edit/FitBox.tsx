import { useTranslation } from "react-i18next";
import { Note } from "../design/parts";
import { useFormat } from "../i18n/format";
import { fitOf, isUnsure, type Said } from "./fit";
import type { Entry } from "./state";

/** Where the line stands in the dub as it was made last, and why. */
export function FitBox({ entry }: { entry: Entry }) {
  const { t } = useTranslation("edit");
  const format = useFormat();
  const fit = fitOf(entry.known);
  const words = ({ key, ms, times, text }: Said) =>
    t(`fit.${key}`, {
      seconds: format.number(Math.round((ms ?? 0) / 100) / 10),
      percent: format.percent(Math.abs((times ?? 1) - 1) + 1e-9),
      text: text ?? "",
    });
  return (
    <>
      {fit && (
        <Note
          tone={fit.flags.length > 0 ? "warn" : "good"}
          icon={fit.flags.length > 0 ? "alert" : "check"}
          title={fit.flags[0] ? t(`flag.${fit.flags[0]}.title`) : t("fit.good")}
        >
          {fit.said.map(words).join(" ")}
          {fit.flags.slice(1).map((flag) => ` ${t(`flag.${flag}.title`)}.`)}
        </Note>
      )}
      {isUnsure(entry.known) && (
        <Note tone="warn" title={t("unsure")}>
          {t("unsure.hint", { percent: format.percent(entry.known?.confidence ?? 0) })}
        </Note>
      )}
    </>
  );
}
