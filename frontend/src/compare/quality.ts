/** A report's figures as a few things worth saying. Pure. */
import type { Tone } from "../design/parts";

export interface Finding {
  key:
    | "quality.onset"
    | "quality.tempo"
    | "quality.tempoNatural"
    | "quality.louder"
    | "quality.quieter"
    | "quality.loudnessSame"
    | "quality.flagged"
    | "quality.flaggedNone";
  tone: Tone;
  /** What the message has a place for: ms, percent, db or count. */
  value: number;
}

export interface Quality {
  /** 0 to 100. */
  score: number;
  verdict: "verdict.veryGood" | "verdict.good" | "verdict.fair" | "verdict.poor";
  tone: Tone;
  findings: Finding[];
}

/** Where each verdict begins, as the report's own page has it. */
const VERDICTS = [
  [90, "verdict.veryGood", "good"],
  [75, "verdict.good", "good"],
  [50, "verdict.fair", "warn"],
  [0, "verdict.poor", "bad"],
] as const;
const EARLY_ENOUGH_MS = 150;
const NATURAL_TEMPO = 1.05;
const HURRIED_TEMPO = 1.25;
const SAME_LOUDNESS_LU = 1;

/** Null: nothing was measured. Figures that are nothing are left out of reports. */
export function qualityOf(report: Record<string, unknown>, flagged: number): Quality | null {
  if (figure(report["lines"]) === 0) return null;
  const score = Math.round(figure(report["quality"]));
  const [, verdict, tone] = VERDICTS.find(([from]) => score >= from) ?? VERDICTS[3];
  return { score, verdict, tone, findings: [onset(report), tempo(report), loudness(report), flags(flagged)] };
}

function onset(report: Record<string, unknown>): Finding {
  const heard = report["heard_onset_offset_ms"] ?? report["onset_offset_ms"];
  const value = Math.round(figure(fieldOf(heard, "p95")));
  return { key: "quality.onset", value, tone: value <= EARLY_ENOUGH_MS ? "good" : "warn" };
}

function tempo(report: Record<string, unknown>): Finding {
  const fastest = figure(fieldOf(report["tempo"], "p95"));
  if (fastest <= NATURAL_TEMPO) return { key: "quality.tempoNatural", value: 0, tone: "good" };
  const tone = fastest <= HURRIED_TEMPO ? "good" : "warn";
  return { key: "quality.tempo", value: Math.round((fastest - 1) * 100), tone };
}

function loudness(report: Record<string, unknown>): Finding {
  const delta = figure(report["loudness_delta_lu"]);
  if (Math.abs(delta) <= SAME_LOUDNESS_LU) return { key: "quality.loudnessSame", value: 0, tone: "good" };
  const key = delta > 0 ? "quality.louder" : "quality.quieter";
  return { key, value: Math.round(Math.abs(delta) * 10) / 10, tone: "warn" };
}

function flags(count: number): Finding {
  return count === 0
    ? { key: "quality.flaggedNone", value: 0, tone: "good" }
    : { key: "quality.flagged", value: count, tone: "warn" };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : 0;
}

function figure(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
