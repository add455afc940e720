import type { Dub, Progress, TargetLanguage } from "polydub-client";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { DownloadAll, FileList } from "../compare/FileList";
import { ShareDialog } from "../compare/ShareDialog";
import { Bar, Card, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { AddLanguage } from "./AddLanguage";
import styles from "./Dub.module.css";
import { hasEnded, isDelivered } from "./stages";
import { StaleNote } from "./StaleNote";
import { SteadyStateBadge } from "./StateBadge";

/** Comes when there is something to play. */
const DubPlayer = lazy(() => import("../compare/DubPlayer"));

/** Each language: how far it is, and its files once they are there. */
export function Results({ dub, progress }: { dub: Dub; progress: Progress | null }) {
  const { t } = useTranslation("dub");
  const { t: compare } = useTranslation("compare");
  const isPlayable = dub.hls_url !== null || dub.languages.some((each) => isDelivered(each.state));
  const files = [...dub.languages.flatMap((each) => each.artifacts), ...dub.artifacts];
  return (
    <>
      {isPlayable && (
        <Suspense fallback={<Skeleton height="20rem" />}>
          <DubPlayer dub={dub} />
        </Suspense>
      )}
      <Card className={styles.section}>
        <div className={styles.languageHead}>
          <h2>{files.length > 0 ? compare("files") : t("languages")}</h2>
          <div className={styles.fileActions}>
            <DownloadAll files={files} />
            {isPlayable && <ShareDialog dub={dub} />}
          </div>
        </div>
        <ul className={styles.languages}>
          {dub.languages.map((language) => (
            <LanguageRow key={language.language} dub={dub} language={current(language, progress)} />
          ))}
          {dub.artifacts.length > 0 && (
            <li className={styles.language}>
              <h3>{compare("wholeFiles")}</h3>
              <FileList files={dub.artifacts} />
            </li>
          )}
        </ul>
        {hasEnded(dub.state) && <AddLanguage dub={dub} />}
      </Card>
    </>
  );
}

/** What a message says of a language goes before what was fetched earlier. */
function current(language: TargetLanguage, progress: Progress | null): TargetLanguage {
  const told = progress?.languages.find((each) => each.language === language.language);
  if (!told || hasEnded(language.state)) return language;
  return { ...language, state: told.state, progress: told.progress };
}

function LanguageRow({ dub, language }: { dub: Dub; language: TargetLanguage }) {
  const format = useFormat();
  const name = format.language(language.language);
  const isRunning = language.state === "processing" || language.state === "queued";
  return (
    <li className={styles.language}>
      <div className={styles.languageHead}>
        <h3>{name}</h3>
        <SteadyStateBadge state={language.state} />
        {isRunning && <span className={styles.pieces}>{format.percent(language.progress)}</span>}
      </div>
      {isRunning && <Bar value={language.progress} label={name} />}
      {language.error && <ProblemNote error={language.error} />}
      {language.state === "stale" && hasEnded(dub.state) && <StaleNote dubId={dub.id} />}
      {language.artifacts.length > 0 && <FileList files={language.artifacts} />}
    </li>
  );
}
