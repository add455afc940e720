/** What is said when, in the original and in the dub: what the timeline draws. Pure. */
import type { Script, Segment } from "polydub-client";
import { fitOf, type Fit } from "../fit/fit";

export interface Stretch {
  startS: number;
  endS: number;
}

export interface Line {
  id: string;
  speakerId: string;
  /** In the dub's time, which is the source's own unless the picture was slowed. */
  original: Stretch;
  /** Null: not spoken yet, or not at all. */
  dubbed: Stretch | null;
  sourceText: string;
  text: string;
  /** How it stands in the dub; null: it is in no report yet. */
  fit: Fit | null;
  /** Where it begins in the file that was uploaded. */
  uploadedStartS: number;
}

export interface Lines {
  lines: Line[];
  /** Speakers in the order in which they first speak, and what they are called. */
  speakers: Map<string, string>;
}

/** Whether a person should hear it before it is published. */
export function isFlagged({ fit }: Line): boolean {
  return fit !== null && fit.flags.length > 0;
}

export const NO_LINES: Lines = { lines: [], speakers: new Map() };

export function linesOfScript(script: Script, language: string): Lines {
  const names = new Map(script.speakers.map((each) => [each.id, each.name]));
  return gathered(
    script.segments.map((segment) => lineOfSegment(segment, language)),
    names,
  );
}

function lineOfSegment(segment: Segment, language: string): Line {
  const told = segment.fit ? stretchesOf(segment.fit) : null;
  const own = stretch(segment.start_ms, segment.end_ms);
  return {
    id: segment.id,
    speakerId: segment.speaker_id,
    original: told?.original ?? own,
    dubbed: told?.dubbed ?? null,
    sourceText: segment.text,
    text: segment.translations[language]?.text ?? "",
    fit: fitOf(segment.fit),
    uploadedStartS: own.startS,
  };
}

/** The lines of a report, a JSON file beside the dub. */
export function linesOfReport(report: unknown): Lines {
  const found = listOf(recordOf(report)["line_reports"]).map((each) => {
    const line = recordOf(each);
    const stretches = stretchesOf(line);
    return {
      ...stretches,
      fit: fitOf(line),
      id: textOf(line["id"]),
      speakerId: textOf(line["speaker_id"]),
      sourceText: textOf(line["source_text"]),
      text: textOf(line["text"]),
      uploadedStartS: stretches.original.startS,
    };
  });
  return gathered(found, new Map());
}

/** Figures that are nothing are left out of reports. */
function stretchesOf(line: Record<string, unknown>) {
  const placed = stretch(numberOf(line["placed_start_ms"]), numberOf(line["placed_end_ms"]));
  return {
    original: stretch(numberOf(line["source_start_ms"]), numberOf(line["source_end_ms"])),
    dubbed: placed.endS > placed.startS ? placed : null,
  };
}

function gathered(lines: Line[], names: Map<string, string>): Lines {
  const inTime = lines.toSorted((a, b) => a.original.startS - b.original.startS);
  const speakers = new Map<string, string>();
  for (const { speakerId } of inTime) speakers.set(speakerId, names.get(speakerId) ?? speakerId);
  return { lines: inTime, speakers };
}

/**
 * The line that is heard at a moment; between two, the one before; -1: none yet.
 *
 * @param ear whose time counts where the two differ.
 */
export function lineAt(lines: readonly Line[], timeS: number, ear: "original" | "dubbed"): number {
  let found = -1;
  for (const [number, line] of lines.entries()) {
    const { startS, endS } = line[ear] ?? line.original;
    if (startS > timeS + MOMENT_S) continue;
    const before = found < 0 ? undefined : lines[found];
    const beforeEndS = before ? (before[ear] ?? before.original).endS : -Infinity;
    // Where two speak at once, the one who began last, unless only the other still speaks.
    if (endS > timeS || beforeEndS <= timeS) found = number;
  }
  return found;
}

/** A seek to a line's start must find that line, though players round. */
const MOMENT_S = 0.02;

/**
 * Where a moment of the dub lies in the file that was uploaded: the same, unless the picture was
 * slowed. Null: nothing is known of it.
 */
export function uploadedTime(lines: readonly Line[]): (dubS: number) => number {
  const knots = lines
    .map((line) => [line.original.startS, line.uploadedStartS] as const)
    .filter(([dubS], number, all) => number === 0 || dubS > (all[number - 1]?.[0] ?? 0));
  return (dubS) => {
    let [fromDub, fromUploaded] = [0, 0];
    for (const [knotDub, knotUploaded] of knots) {
      if (knotDub > dubS) {
        const share = (dubS - fromDub) / (knotDub - fromDub);
        return fromUploaded + share * (knotUploaded - fromUploaded);
      }
      [fromDub, fromUploaded] = [knotDub, knotUploaded];
    }
    return fromUploaded + (dubS - fromDub);
  };
}

function stretch(startMs: number, endMs: number): Stretch {
  return { startS: startMs / 1000, endS: endMs / 1000 };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
