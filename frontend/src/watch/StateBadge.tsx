import type { DubState } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Badge } from "../design/parts";
import styles from "./Dub.module.css";
import { toneOf } from "./stages";

export function StateBadge({ state }: { state: DubState | "stale" }) {
  const { t } = useTranslation();
  return <Badge tone={toneOf(state)}>{t(`state.${state}`)}</Badge>;
}

const UNDER_WAY: readonly DubState[] = ["queued", "processing"];

/** The same; while it is under way with room for the longest word, so that nothing moves then. */
export function SteadyStateBadge({ state }: { state: DubState | "stale" }) {
  const others = state !== "stale" && UNDER_WAY.includes(state) ? UNDER_WAY : [];
  return (
    <span className={styles.state}>
      <StateBadge state={state} />
      {others.map((each) => (
        <StateBadge key={each} state={each} />
      ))}
    </span>
  );
}
