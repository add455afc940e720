import { useTranslation } from "react-i18next";
import { buttonLook } from "../design/Button";
import { Icon } from "../design/Icon";
import { Badge, Card } from "../design/parts";
import { FlagBadge } from "../fit/wording";
import { useFormat } from "../i18n/format";
import styles from "./Compare.module.css";
import { isFlagged, type Line } from "./lines";
import { qualityOf, type Finding } from "./quality";

interface QualityCardProps {
  report: Record<string, unknown>;
  lines: readonly Line[];
  /** What the stages say of single lines: codes of warnings by the line's id. */
  noticed: ReadonlyMap<string, readonly string[]>;
  /** Where the whole report is; null: nowhere. */
  reportUrl: string | null;
  onLine: (line: Line) => void;
}

/** What was measured of a dub, in a few words. */
export function QualityCard({ report, lines, noticed, reportUrl, onLine }: QualityCardProps) {
  const { t } = useTranslation("compare");
  const flagged = lines.filter((line) => isFlagged(line) || noticed.has(line.id));
  const quality = qualityOf(report, flagged.length);
  if (!quality) return null;
  return (
    <Card className={styles.quality}>
      <div className={styles.qualityHead}>
        <h2>{t("quality")}</h2>
        <Badge tone={quality.tone}>{t(quality.verdict)}</Badge>
        <span className={styles.score}>{t("score", { score: quality.score })}</span>
        {reportUrl !== null && (
          <a className={buttonLook()} href={reportUrl} target="_blank" rel="noreferrer">
            <Icon name="report" size={18} />
            {t("wholeReport")}
          </a>
        )}
      </div>
      <ul className={styles.findings}>
        {quality.findings.map((finding) => (
          <li key={finding.key} data-tone={finding.tone}>
            <Icon name={finding.tone === "good" ? "check" : "alert"} size={18} />
            <Said finding={finding} />
          </li>
        ))}
      </ul>
      <p className={styles.unmeasured}>{t("quality.unmeasured")}</p>
      {flagged.length > 0 && <Flagged lines={flagged} noticed={noticed} onLine={onLine} />}
    </Card>
  );
}

function Said({ finding: { key, value } }: { finding: Finding }) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  switch (key) {
    case "quality.onset":
      return t(key, { ms: format.number(value) });
    case "quality.tempo":
      return t(key, { percent: format.number(value) });
    case "quality.louder":
    case "quality.quieter":
      return t(key, { db: format.number(value) });
    case "quality.flagged":
      return t(key, { count: value });
    default:
      return t(key);
  }
}

/** How many lines are listed before people have asked for more. */
const FIRST = 5;

type FlaggedProps = Pick<QualityCardProps, "lines" | "noticed" | "onLine">;

function Flagged({ lines, ...rows }: FlaggedProps) {
  const { t } = useTranslation("compare");
  const rest = lines.slice(FIRST);
  return (
    <div className={styles.flagged}>
      <FlaggedList lines={lines.slice(0, FIRST)} {...rows} />
      {rest.length > 0 && (
        <details>
          <summary>{t("moreLines", { count: rest.length })}</summary>
          <FlaggedList lines={rest} {...rows} />
        </details>
      )}
    </div>
  );
}

function FlaggedList({ lines, noticed, onLine }: FlaggedProps) {
  const format = useFormat();
  return (
    <ul>
      {lines.map((line) => (
        <li key={line.id}>
          <button type="button" className={styles.flaggedLine} onClick={() => onLine(line)}>
            <span className={styles.clock}>{format.clock(line.original.startS)}</span>
            <span dir="auto">{line.text || line.sourceText}</span>
          </button>
          {line.fit?.flags.map((flag) => (
            <FlagBadge key={flag} flag={flag} />
          ))}
          {noticed.get(line.id)?.map((code) => (
            <NoticeBadge key={code} code={code} />
          ))}
        </li>
      ))}
    </ul>
  );
}

/** A stage's notice in a word or two; one that only a newer stage knows of is worth hearing. */
function NoticeBadge({ code }: { code: string }) {
  const { t, i18n } = useTranslation("warnings");
  if (!i18n.exists(code, { ns: "warnings" })) return <FlagBadge flag="other" />;
  return <Badge tone="warn">{t(code as "low_confidence")}</Badge>;
}
