import type { Dub, DubState, Progress } from "polydub-client";
import type { Tone } from "../design/parts";

export const STAGES = [
  "separation",
  "diarization",
  "asr",
  "translation",
  "tts",
  "muxing",
  "lipsync",
] as const;
export type StageName = (typeof STAGES)[number];

/** How one stage of a dub stands. */
export interface StageProgress {
  name: StageName;
  /** 0 to 1. */
  fraction: number;
  done: number;
  /** 0: not known yet. */
  total: number;
  isActive: boolean;
}

/** What stands there until a dub tells of itself: it takes the same room. */
export function stagesAhead(dub: Pick<Dub, "lipsync">): StageProgress[] {
  return STAGES.filter((name) => name !== "lipsync" || dub.lipsync).map((name) => {
    return { name, fraction: 0, done: 0, total: 0, isActive: false };
  });
}

/** Every stage that a dub goes through, in order. */
export function stagesOf(progress: Progress): StageProgress[] {
  return STAGES.filter((name) => name in progress.metrics.pieces).map((name) => {
    const { done, total } = progress.metrics.pieces[name] ?? { done: 0, total: 0 };
    const isCurrent = progress.stage === name;
    const counted = total > 0 ? done / total : 0;
    const fraction = isCurrent ? Math.max(counted, progress.stage_progress) : counted;
    const isRunning = progress.state === "processing" && fraction < 1;
    return { name, fraction, done, total, isActive: isRunning && (isCurrent || done > 0) };
  });
}

export function hasEnded(state: string): boolean {
  return state !== "queued" && state !== "processing";
}

export function isDelivered(state: string): boolean {
  return state === "completed" || state === "completed_with_warnings" || state === "stale";
}

/** A dub's state; one that was corrected since it was made is stale, as its languages are. */
export function standingOf({ state, languages }: Pick<Dub, "state" | "languages">): DubState | "stale" {
  return isDelivered(state) && languages.some((each) => each.state === "stale") ? "stale" : state;
}

/** Whether it has a script that can be corrected. */
export function isCorrectable(dub: Pick<Dub, "state" | "languages">): boolean {
  return hasEnded(dub.state) && dub.languages.some((each) => isDelivered(each.state));
}

const TONES: Record<DubState | "stale", Tone> = {
  queued: "neutral",
  processing: "active",
  completed: "good",
  completed_with_warnings: "warn",
  failed: "bad",
  canceled: "neutral",
  stale: "warn",
};

export function toneOf(state: DubState | "stale"): Tone {
  return TONES[state];
}
