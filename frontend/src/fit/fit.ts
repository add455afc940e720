/** How a line stands in a finished dub, as the dub's report tells it. Pure. */

export interface Fit {
  /** The worst first. */
  flags: readonly Flag[];
  said: readonly Said[];
}

/** What a person should hear before publishing, the worst first; `other`: what is not known here. */
export const FLAGS = [
  "truncated",
  "overlapped",
  "moved",
  "hard_cap",
  "original_kept",
  "not_understood",
  "other",
] as const;
export type Flag = (typeof FLAGS)[number];

/** A message about where a line stands and why; `ms` and `times` are figures in it. */
export interface Said {
  key: "late" | "early" | "faster" | "slower" | "into" | "over" | "fits" | "kept" | "heard";
  ms?: number;
  times?: number;
  text?: string;
}

const HEARD_MS = 40;

/** @param told a line of the report; null: the line is in none yet. */
export function fitOf(told: Readonly<Record<string, unknown>> | null | undefined): Fit | null {
  if (!told) return null;
  const flags = flagsOf(told["flags"]);
  return { flags, said: saidOf(told, flags) };
}

function flagsOf(told: unknown): Flag[] {
  const codes: readonly unknown[] = Array.isArray(told) ? told : [];
  const known = FLAGS.filter((flag) => codes.includes(flag));
  const isElse = codes.some((code) => !(FLAGS as readonly unknown[]).includes(code));
  return isElse ? [...known, "other"] : known;
}

function saidOf(told: Readonly<Record<string, unknown>>, flags: readonly Flag[]): Said[] {
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
