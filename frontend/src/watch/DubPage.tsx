import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ApiProblem, type Dub, type Progress } from "polydub-client";
import { useTranslation } from "react-i18next";
import { dubQuery } from "../api/queries";
import { NotFound } from "../app/RouteStates";
import { Card, Note, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { SpeakerDot } from "../design/speakers";
import { useFormat } from "../i18n/format";
import { DubActions } from "./DubActions";
import styles from "./Dub.module.css";
import { useFollowing } from "./following";
import { ProgressCard } from "./ProgressCard";
import { Results } from "./Results";
import { hasEnded, standingOf } from "./stages";
import { SteadyStateBadge } from "./StateBadge";
import { Warnings } from "./Warnings";

export function DubPage() {
  const { dubId } = useParams({ from: "/inside/dubs/$dubId" });
  const { data: dub, error, refetch } = useQuery(dubQuery(dubId));
  if (dub) return <Loaded key={`${dub.id}/${dub.revision}`} dub={dub} />;
  if (error instanceof ApiProblem && error.status === 404) return <NotFound />;
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  return <Skeleton height="24rem" />;
}

function Loaded({ dub }: { dub: Dub }) {
  const { t } = useTranslation("dub");
  const { progress, connection, problem } = useFollowing(dub);
  return (
    <>
      <PageHead title={dub.filename} lead={<Facts dub={dub} progress={progress} />}>
        <DubActions dub={dub} />
      </PageHead>
      <div className={styles.page}>
        {connection === "waiting" && !hasEnded(dub.state) && (
          <Note tone="warn" title={t("lineLost")}>
            {t("lineLostText")}
          </Note>
        )}
        {problem && <ProblemNote error={problem} />}
        {dub.error && <ProblemNote error={dub.error} />}
        {!hasEnded(dub.state) && (
          <Card>
            <ProgressCard dub={dub} progress={progress} />
          </Card>
        )}
        <Results dub={dub} progress={progress} />
        <Warnings dub={dub} />
      </div>
    </>
  );
}

/** What is known of it. What is still being found out has its place, so that nothing moves then. */
function Facts({ dub, progress }: { dub: Dub; progress: Progress | null }) {
  const { t } = useTranslation("dub");
  const format = useFormat();
  const asked = dub.source_language === "auto" ? null : dub.source_language;
  const spoken = progress?.detected_language ?? dub.detected_language ?? asked;
  return (
    <span className={styles.facts}>
      <SteadyStateBadge state={standingOf(dub)} />
      <span>{format.date(dub.created_at)}</span>
      <span>{format.clock(dub.duration_s)}</span>
      <span>
        {spoken ? t("spoken", { language: format.language(spoken) }) : t("spokenUnknown")}
      </span>
      <Speakers dub={dub} found={progress?.detected_speakers ?? []} />
    </span>
  );
}

/** How many were told apart, and who they are: in the colours that they have everywhere. */
function Speakers({ dub, found }: { dub: Dub; found: readonly string[] }) {
  const { t } = useTranslation("dub");
  const { t: compare } = useTranslation("compare");
  const ids = found.length > 0 ? found : dub.detected_speakers;
  if (ids.length === 0) {
    return hasEnded(dub.state) ? null : <span className={styles.speakers}>{t("speakersUnknown")}</span>;
  }
  return (
    <span className={styles.speakers}>
      <span>{t("speakers", { count: ids.length })}</span>
      {ids.map((id, number) => (
        <span key={id} className={styles.speaker}>
          <SpeakerDot number={number} />
          <bdi>{dub.speaker_names[id] ?? compare("speaker", { number: number + 1 })}</bdi>
        </span>
      ))}
    </span>
  );
}
