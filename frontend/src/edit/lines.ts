import type { Segment, SegmentChange } from "polydub-client";

/** What people can change of a line. Times are milliseconds of the source. */
export interface Line {
  id: string;
  startMs: number;
  endMs: number;
  speakerId: string;
  text: string;
  /** Target language to its words; null: to be translated anew with the dub. */
  translations: Readonly<Record<string, string | null>>;
}

/** Where a line lies in time, and whose it is. */
export type Span = Pick<Line, "id" | "startMs" | "endMs" | "speakerId">;

/** Whether a line lies elsewhere, or is another's; null: there is none. */
export function hasMoved(before: Span | null, after: Span | null): boolean {
  return (
    before?.id !== after?.id ||
    before?.startMs !== after?.startMs ||
    before?.endMs !== after?.endMs ||
    before?.speakerId !== after?.speakerId
  );
}

export const SHORTEST_MS = 100;
export const MOST_CHARACTERS = 2000;

export function lineOf(segment: Segment): Line {
  return {
    id: segment.id,
    startMs: segment.start_ms,
    endMs: segment.end_ms,
    speakerId: segment.speaker_id,
    text: segment.text,
    translations: Object.fromEntries(
      Object.entries(segment.translations).map(([tag, each]) => [tag, each.stale ? null : each.text]),
    ),
  };
}

type Field = "startMs" | "endMs" | "speakerId" | "text";
const FIELDS: readonly Field[] = ["startMs", "endMs", "speakerId", "text"];

/** A field's name, or `translation:<language>`. */
export type Part = Field | `translation:${string}`;

export function partsOf(line: Line): Part[] {
  return [...FIELDS, ...Object.keys(line.translations).map((tag) => `translation:${tag}` as const)];
}

export function valueOf(line: Line, part: Part): string | number | null | undefined {
  if (!isTranslation(part)) return line[part];
  return line.translations[tagOf(part)];
}

export function withValue(line: Line, part: Part, value: string | number | null): Line {
  if (!isTranslation(part)) return { ...line, [part]: value };
  return { ...line, translations: { ...line.translations, [tagOf(part)]: value as string | null } };
}

function isTranslation(part: Part): part is `translation:${string}` {
  return part.startsWith("translation:");
}

const tagOf = (part: string) => part.slice("translation:".length);

/** The parts in which two lines differ; spaces that the gateway does not keep do not count. */
export function differences(one: Line, other: Line): Part[] {
  return partsOf(other).filter((part) => !isSame(valueOf(one, part), valueOf(other, part)));
}

type Value = ReturnType<typeof valueOf>;

function isSame(one: Value, other: Value): boolean {
  if (one === other) return true;
  return typeof one === "string" && typeof other === "string" && tidy(one) === tidy(other);
}

/** What the gateway has to be told to get from one line to the other; null: nothing. */
export function changeBetween(known: Line, wanted: Line): SegmentChange | null {
  const parts = differences(known, wanted);
  if (parts.length === 0) return null;
  const change: SegmentChange = {};
  const translations: Record<string, string | null> = {};
  for (const part of parts) {
    if (part === "startMs") change.start_ms = wanted.startMs;
    else if (part === "endMs") change.end_ms = wanted.endMs;
    else if (part === "speakerId") change.speaker_id = wanted.speakerId;
    else if (part === "text") change.text = wanted.text;
    else translations[tagOf(part)] = wanted.translations[tagOf(part)] ?? null;
  }
  if (Object.keys(translations).length > 0) change.translations = translations;
  return change;
}

/** Mine and theirs as one, both begun at the same line; where both changed a part, it clashes. */
export function reconciled(
  base: Line,
  mine: Line,
  theirs: Line,
): { line: Line; clashes: readonly Part[] } {
  const mineChanged = differences(base, mine);
  const clashes = mineChanged.filter(
    (part) =>
      !isSame(valueOf(theirs, part), valueOf(base, part)) &&
      !isSame(valueOf(theirs, part), valueOf(mine, part)),
  );
  let line = theirs;
  for (const part of partsOf(mine)) {
    // Who is typing keeps the space that was typed last.
    const isMine = mineChanged.includes(part) || isSame(valueOf(mine, part), valueOf(theirs, part));
    if (isMine) line = withValue(line, part, valueOf(mine, part) ?? null);
  }
  return { line: { ...line, id: theirs.id }, clashes };
}

/** As the gateway orders them. */
export function inOrder(one: Line, other: Line): number {
  return one.startMs - other.startMs || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

/** Text as the gateway keeps it: one line, single spaces. */
export function tidy(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(" ");
}

/** Why a line can't be kept as it is. */
export type Fault = "noWords" | "tooLong" | "tooShort" | "outside";

export function faultOf(line: Line, talkMs: number): Fault | null {
  for (const fault of faultsOf(line, talkMs).values()) return fault;
  return null;
}

/** A line without what can't be kept: there it is as the gateway has it. */
export function keepable(line: Line, known: Line, talkMs: number): Line {
  let kept = line;
  for (const part of faultsOf(line, talkMs).keys()) {
    kept = withValue(kept, part, valueOf(known, part) ?? null);
  }
  return kept;
}

function faultsOf(line: Line, talkMs: number): ReadonlyMap<Part, Fault> {
  const faults = new Map<Part, Fault>();
  if (tidy(line.text) === "") faults.set("text", "noWords");
  for (const part of partsOf(line)) {
    const value = valueOf(line, part);
    if (typeof value === "string" && tidy(value).length > MOST_CHARACTERS) {
      faults.set(part, "tooLong");
    }
  }
  const span = spanFaultOf(line, talkMs);
  if (span) faults.set("startMs", span).set("endMs", span);
  return faults;
}

function spanFaultOf({ startMs, endMs }: Line, talkMs: number): Fault | null {
  if (startMs < 0 || endMs > talkMs) return "outside";
  return endMs - startMs < SHORTEST_MS ? "tooShort" : null;
}

/** Where to cut the text when the line is cut at a moment: between words, nearest to its time. */
export function cutFor(line: Line, atMs: number): number | null {
  const share = (atMs - line.startMs) / (line.endMs - line.startMs);
  const wanted = share * line.text.length;
  const words = [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(line.text)];
  const cuts = words.filter((each) => each.isWordLike).map((each) => each.index);
  const inside = cuts.filter((cut) => tidy(line.text.slice(0, cut)) !== "");
  return inside.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] ?? null;
}

/** When to cut the line that is cut before a character. */
export function momentFor(line: Line, atCharacter: number): number {
  const share = line.text.length > 0 ? atCharacter / line.text.length : 0.5;
  const moment = Math.round(line.startMs + share * (line.endMs - line.startMs));
  return Math.min(Math.max(moment, line.startMs + SHORTEST_MS), line.endMs - SHORTEST_MS);
}
