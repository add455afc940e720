import type { Segment } from "polydub-client";

/** How a line stands in the finished dub, from its report. */
export interface Fit {
  flags: readonly Flag[];
  said: readonly Said[];
  tempo: number;
}

/** What a person should hear before publishing, the worst first. */
export const FLAGS = [
  "truncated",
  "overlapped",
  "moved",
  "hard_cap",
  "original_kept",
  "not_understood",
] as const;
export type Flag = (typeof FLAGS)[number];

/** A message about where a line stands and why; `ms` and `times` are figures in it. */
export interface Said {
  key: "late" | "early" | "faster" | "slower" | "into" | "over" | "fits" | "kept" | "heard";
  ms?: number;
  times?: number;
  text?: string;
}

const UNSURE_BELOW = 0.5;
const HEARD_MS = 40;

export function fitOf(segment: Segment | null): Fit | null {
  const told = segment?.fit;
  if (!told) return null;
  const flags = FLAGS.filter((flag) => list(told["flags"]).includes(flag));
  return { flags, said: saidOf(told, flags), tempo: number(told["tempo"]) || 1 };
}

/** The recogniser was not sure of what it heard. */
export function isUnsure(segment: Segment | null): boolean {
  return segment !== null && segment.confidence < UNSURE_BELOW;
}

function saidOf(told: Record<string, unknown>, flags: readonly Flag[]): Said[] {
  if (flags.includes("original_kept")) return [{ key: "kept" }];
  const said: Said[] = [];
  const lateMs = number(told["placed_start_ms"]) - number(told["source_start_ms"]);
  const overMs = number(told["placed_end_ms"]) - number(told["source_end_ms"]);
  const tempo = number(told["tempo"]) || 1;
  if (lateMs > HEARD_MS) said.push({ key: "late", ms: lateMs });
  if (lateMs < -HEARD_MS) said.push({ key: "early", ms: -lateMs });
  if (tempo > 1.01) said.push({ key: "faster", times: tempo });
  if (tempo < 0.99) said.push({ key: "slower", times: tempo });
  if (overMs > HEARD_MS) said.push({ key: flags.includes("overlapped") ? "over" : "into", ms: overMs });
  const heard = told["heard_text"];
  if (flags.includes("not_understood") && typeof heard === "string" && heard) {
    said.push({ key: "heard", text: heard });
  }
  return said.length > 0 ? said : [{ key: "fits" }];
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
