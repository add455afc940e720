import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Note } from "../design/parts";
import { fitOf } from "../fit/fit";
import { useReasons } from "../fit/wording";
import { useFormat } from "../i18n/format";
import { isUnsure } from "./choosing";
import type { Entry } from "./state";

const LOOKS = {
  flagged: { tone: "warn", icon: "alert" },
  long: { tone: "neutral", icon: "arrow" },
  good: { tone: "good", icon: "check" },
} as const;
const OVER: ReadonlySet<string> = new Set(["into", "over"]);

/** Where the line stands in the dub as it was made last, and why. */
export const FitBox = memo(function FitBox({ known }: Pick<Entry, "known">) {
  const { t } = useTranslation("edit");
  const { t: ofFit } = useTranslation("fit");
  const reasons = useReasons();
  const format = useFormat();
  const fit = fitOf(known?.fit);
  const standing = fit?.said.some(({ key }) => OVER.has(key)) ? "long" : "good";
  return (
    <>
      {fit && (
        <Note
          {...(fit.flags.length > 0 ? LOOKS.flagged : LOOKS[standing])}
          title={ofFit(fit.flags[0] ? `flag.${fit.flags[0]}.title` : standing)}
        >
          {reasons(fit)}
          {fit.flags.slice(1).map((flag) => ` ${ofFit(`flag.${flag}.title`)}.`)}
        </Note>
      )}
      {isUnsure(known) && (
        <Note tone="warn" title={t("unsure")}>
          {t("unsure.hint", { percent: format.percent(known?.confidence ?? 0) })}
        </Note>
      )}
    </>
  );
});
