import { useQuery } from "@tanstack/react-query";
import type { Video } from "polydub-client";
import { useTranslation } from "react-i18next";
import { estimateQuery, sumOf } from "./estimate";
import { Button } from "../design/Button";
import { Card } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import type { Lack, Options } from "./options";
import styles from "./NewDub.module.css";

interface SummaryProps {
  options: Options;
  videos: readonly Video[];
  lack: Lack;
  isStarting: boolean;
  problem: unknown;
  onStart: () => void;
}

/** What will be made and what it takes, and the button that starts it. */
export function Summary({ options, videos, lack, isStarting, problem, onStart }: SummaryProps) {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const seconds = videos.reduce((sum, video) => sum + video.duration_s, 0);
  return (
    <Card className={styles.summary}>
      <h2>{t("summary.title")}</h2>
      <dl className={styles.facts}>
        <div>
          <dt>{t("summary.videos")}</dt>
          <dd>{videos.length > 0 ? `${videos.length} · ${format.clock(seconds)}` : "–"}</dd>
        </div>
        <div>
          <dt>{t("summary.languages")}</dt>
          <dd>{format.list(options.targets.map(format.language)) || "–"}</dd>
        </div>
        <Estimate options={options} videos={videos} isAskable={lack === null} />
      </dl>
      {problem !== null && <ProblemNote error={problem} />}
      <Button
        kind="primary"
        large
        icon="play"
        disabled={lack !== null}
        busy={isStarting}
        onClick={onStart}
        aria-describedby="start-lack"
      >
        {t("summary.start", { count: Math.max(1, videos.length) })}
      </Button>
      <p id="start-lack" className={styles.lack} aria-live="polite">
        {lack && t(`lack.${lack}`)}
      </p>
    </Card>
  );
}

interface EstimateProps {
  options: Options;
  videos: readonly Video[];
  isAskable: boolean;
}

function Estimate({ options, videos, isAskable }: EstimateProps) {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const { data } = useQuery({ ...estimateQuery(options, videos), enabled: isAskable });
  const sum = data && sumOf(data);
  if (!sum) return null;
  return (
    <>
      {sum.seconds !== null && (
        <div>
          <dt>{t("summary.time")}</dt>
          <dd>
            {t("summary.about", { time: format.span(sum.seconds) })}
            {sum.secondsAtMost !== null && (
              <span className={styles.small}>
                {t("summary.atMost", { time: format.span(sum.secondsAtMost) })}
              </span>
            )}
          </dd>
        </div>
      )}
      {sum.cost !== null && (
        <div>
          <dt>{t("summary.cost")}</dt>
          <dd>{sum.cost > 0 ? format.money(sum.cost, sum.currency) : t("summary.free")}</dd>
        </div>
      )}
    </>
  );
}
