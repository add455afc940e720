import type { Dub, Progress } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { classes } from "../design/classes";
import { Icon } from "../design/Icon";
import { Bar } from "../design/parts";
import { useFormat } from "../i18n/format";
import styles from "./Dub.module.css";
import { useNotifying } from "./notifying";
import { stagesAhead, stagesOf, type StageProgress } from "./stages";

interface ProgressCardProps {
  dub: Dub;
  /** Null until the first message has come. */
  progress: Progress | null;
}

/** How far a dub is: on the whole, and each stage by itself. */
export function ProgressCard({ dub, progress }: ProgressCardProps) {
  const { t } = useTranslation("dub");
  const format = useFormat();
  const whole = Math.max(dub.progress, progress?.progress ?? 0);
  const etaS = progress ? progress.eta_s : dub.eta_s;
  return (
    <>
      <div className={styles.whole}>
        <p className={styles.percent}>{format.percent(whole)}</p>
        <p className={styles.eta} aria-live="polite">
          {etaS === null ? t("etaUnknown") : t("eta", { time: format.span(etaS) })}
        </p>
        <Notify dubId={dub.id} />
      </div>
      <Bar value={whole} label={t("progress")} large />
      <ol className={styles.stages}>
        {(progress ? stagesOf(progress) : stagesAhead(dub)).map((stage) => (
          <StageRow key={stage.name} stage={stage} />
        ))}
      </ol>
    </>
  );
}

function StageRow({ stage }: { stage: StageProgress }) {
  const { t } = useTranslation("dub");
  const { t: common } = useTranslation();
  const isDone = stage.fraction >= 1;
  return (
    <li className={classes(styles.stage, stage.isActive && styles.stageActive)}>
      <span className={styles.stageMark} data-done={isDone} data-active={stage.isActive}>
        {isDone && <Icon name="check" size={14} />}
      </span>
      <span className={styles.stageName}>{common(`stage.${stage.name}`)}</span>
      <Bar value={stage.fraction} label={common(`stage.${stage.name}`)} />
      <span className={styles.pieces}>
        {stage.total > 1 ? t("pieces", { done: stage.done, total: stage.total }) : ""}
      </span>
    </li>
  );
}

function Notify({ dubId }: { dubId: string }) {
  const { t } = useTranslation("dub");
  const [notifying, ask] = useNotifying(dubId);
  if (notifying === "unsupported") return null;
  return (
    <Button
      kind="quiet"
      icon="bell"
      aria-pressed={notifying === "on"}
      disabled={notifying === "denied"}
      onClick={() => void ask()}
    >
      {t(`notify.${notifying}`)}
    </Button>
  );
}
