import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Note } from "../design/parts";
import styles from "./Edit.module.css";
import { differences, lineOf, type Line } from "./lines";
import { useSpeakerName } from "./speakers";
import type { Entry } from "./state";
import { written } from "./timeline";
import { useWorkplace } from "./workplace";

/** Two people changed the same: both versions beside each other, to choose from. */
export function Conflict({ id, entry }: { id: string; entry: Entry }) {
  const { t } = useTranslation("edit");
  const { editor } = useWorkplace();
  const theirs = entry.theirs ? lineOf(entry.theirs) : null;
  return (
    <div className={styles.panel}>
      <Note tone="warn" title={t("conflict.title")}>
        {t("conflict.text")}
      </Note>
      <div className={styles.versions}>
        <Version title={t("conflict.mine")} line={entry.line} other={theirs}>
          <Button kind="primary" onClick={() => editor.settle(id, "mine")}>
            {t("conflict.takeMine")}
          </Button>
        </Version>
        <Version title={t("conflict.theirs")} line={theirs} other={entry.line}>
          <Button onClick={() => editor.settle(id, "theirs")}>{t("conflict.takeTheirs")}</Button>
        </Version>
      </div>
    </div>
  );
}

interface VersionProps {
  title: string;
  line: Line | null;
  other: Line | null;
  children: React.ReactNode;
}

function Version({ title, line, other, children }: VersionProps) {
  const { t } = useTranslation("edit");
  const { language } = useWorkplace();
  const nameOf = useSpeakerName();
  const parts = line && other ? differences(other, line) : [];
  // The language that is worked on, and all others in which the two are not the same.
  const tags = Object.keys(line?.translations ?? {}).filter(
    (tag) => tag === language || parts.includes(`translation:${tag}`),
  );
  const differs = (...names: string[]) => parts.some((part) => names.includes(part));
  return (
    <section className={styles.version}>
      <h3>{title}</h3>
      {line ? (
        <>
          <p dir="ltr" className={styles.time} data-differs={differs("startMs", "endMs")}>
            {`${written(line.startMs)} – ${written(line.endMs)}`}
          </p>
          <p dir="auto" data-differs={differs("speakerId")}>
            {nameOf(line.speakerId)}
          </p>
          <p dir="auto" data-differs={differs("text")}>
            {line.text}
          </p>
          {tags.map((tag) => (
            <p key={tag} dir="auto" lang={tag} data-differs={differs(`translation:${tag}`)}>
              {line.translations[tag] ?? t("notTranslated")}
            </p>
          ))}
        </>
      ) : (
        <p>{t("conflict.deleted")}</p>
      )}
      {children}
    </section>
  );
}
