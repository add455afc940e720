import type { DubState } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Badge } from "../design/parts";
import { toneOf } from "./stages";

export function StateBadge({ state }: { state: DubState | "stale" }) {
  const { t } = useTranslation();
  return <Badge tone={toneOf(state)}>{t(`state.${state}`)}</Badge>;
}
