import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ApiProblem, type Dub } from "polydub-client";
import { useTranslation } from "react-i18next";
import { dubQuery } from "../api/queries";
import { NotFound } from "../app/RouteStates";
import { Card, Note, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { DubActions } from "./DubActions";
import styles from "./Dub.module.css";
import { useFollowing } from "./following";
import { ProgressCard } from "./ProgressCard";
import { Results } from "./Results";
import { hasEnded } from "./stages";
import { StateBadge } from "./StateBadge";
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
      <PageHead title={dub.filename} lead={<Facts dub={dub} />}>
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
        <Warnings notices={dub.warnings} />
      </div>
    </>
  );
}

/** What is known of it, in a line. */
function Facts({ dub }: { dub: Dub }) {
  const { t } = useTranslation("dub");
  const format = useFormat();
  const spoken = dub.detected_language ?? (dub.source_language === "auto" ? null : dub.source_language);
  return (
    <span className={styles.facts}>
      <StateBadge state={dub.state} />
      <span>{t("spoken", { language: spoken ? format.language(spoken) : "…" })}</span>
      {dub.speakers > 0 && <span>{t("speakers", { count: dub.speakers })}</span>}
      <span>{format.date(dub.created_at)}</span>
    </span>
  );
}
