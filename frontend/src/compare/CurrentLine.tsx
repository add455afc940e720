import { useTranslation } from "react-i18next";
import { SpeakerDot } from "../design/speakers";
import { FlagBadge, useReasons } from "../fit/wording";
import { useFormat } from "../i18n/format";
import { isFlagged, type Lines } from "./lines";
import styles from "./Timeline.module.css";

interface CurrentLineProps {
  known: Lines;
  /** -1: no line is heard yet. */
  number: number;
  sourceLanguage: string;
  language: string;
}

/** A line in both languages, who says it, and what is to be heard about it. */
export function CurrentLine({ known, number, sourceLanguage, language }: CurrentLineProps) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const reasons = useReasons();
  const line = known.lines[Math.max(0, number)];
  if (!line) return null;
  const speaker = [...known.speakers.keys()].indexOf(line.speakerId);
  const name = known.speakers.get(line.speakerId) ?? "";
  return (
    <div className={styles.current}>
      <p className={styles.who}>
        <SpeakerDot number={speaker} />
        {name === line.speakerId ? t("speaker", { number: speaker + 1 }) : name}
        <span className={styles.when}>{format.clock(line.original.startS)}</span>
        {line.fit?.flags.map((flag) => (
          <FlagBadge key={flag} flag={flag} />
        ))}
      </p>
      <p lang={sourceLanguage} dir="auto" className={styles.said}>
        {line.sourceText}
      </p>
      <p lang={language} dir="auto" className={styles.dubbed}>
        {line.text}
      </p>
      {isFlagged(line) && line.fit && <p className={styles.reason}>{reasons(line.fit)}</p>}
    </div>
  );
}
