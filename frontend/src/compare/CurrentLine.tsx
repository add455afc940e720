import { useTranslation } from "react-i18next";
import { Badge } from "../design/parts";
import { useFormat } from "../i18n/format";
import type { Lines } from "./lines";
import { speakerColour } from "./speakerColour";
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
  const line = known.lines[Math.max(0, number)];
  if (!line) return null;
  const speaker = [...known.speakers.keys()].indexOf(line.speakerId);
  const name = known.speakers.get(line.speakerId) ?? "";
  return (
    <div className={styles.current}>
      <p className={styles.who}>
        <span className={styles.dot} style={speakerColour(speaker)} />
        {name === line.speakerId ? t("speaker", { number: speaker + 1 }) : name}
        <span className={styles.when}>{format.clock(line.original.startS)}</span>
        {line.flags.map((flag) => (
          <Badge key={flag} tone="warn">
            <Flag flag={flag} />
          </Badge>
        ))}
      </p>
      <p lang={sourceLanguage} dir="auto" className={styles.said}>
        {line.sourceText}
      </p>
      <p lang={language} dir="auto" className={styles.dubbed}>
        {line.text}
      </p>
    </div>
  );
}

const FLAGS = ["hard_cap", "moved", "not_understood", "original_kept", "overlapped", "truncated"] as const;

/** Why a line should be heard before anybody else hears it. */
export function Flag({ flag }: { flag: string }) {
  const { t } = useTranslation("compare");
  const known = FLAGS.find((each) => each === flag);
  return known ? t(`flag.${known}`) : flag;
}
