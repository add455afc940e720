/** What stages say about their results, put together as people read it. Pure. */
import type { Notice } from "polydub-client";

/** Notices of one code, by one stage, about one language. */
export interface NoticeGroup {
  code: string;
  stage: string;
  /** Empty: about all of them. */
  language: string;
  /** The lines that they name, each once. */
  lineIds: readonly string[];
  /** How many lines they are about; 0: about none in particular. */
  lines: number;
  /** The stage's own words, in English, each once. */
  sentences: readonly string[];
}

/** How a stage begins what it says of many lines at once; it names none of them then. */
const OF_MANY = /^(\d+) of \d+ lines\b/;

/** One group for each kind of notice, in the order in which they came. */
export function grouped(notices: readonly Notice[]): NoticeGroup[] {
  const kinds = new Map<string, Notice[]>();
  for (const notice of notices) {
    const kind = JSON.stringify([notice.code, notice.stage, notice.language ?? ""]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), notice]);
  }
  return [...kinds.values()].map(groupOf);
}

function groupOf(notices: readonly Notice[]): NoticeGroup {
  const { code = "", stage = "", language = "" } = notices[0] ?? {};
  const sentences = [...new Set(notices.map(({ message }) => message))];
  const lineIds = [...new Set(notices.flatMap(({ line_id }) => line_id || []))];
  return { code, stage, language, lineIds, lines: lineIds.length + linesCounted(notices), sentences };
}

/** What is said of each line by itself, in a language: codes by the line's id. */
export function codesOfLines(
  notices: readonly Notice[],
  language: string,
): ReadonlyMap<string, readonly string[]> {
  const told = new Map<string, string[]>();
  for (const { code, line_id, language: about } of notices) {
    if (!line_id || (about && about !== language)) continue;
    told.set(line_id, [...new Set([...(told.get(line_id) ?? []), code])]);
  }
  return told;
}

function linesCounted(notices: readonly Notice[]): number {
  const counted = notices.map(({ message }) => Number(OF_MANY.exec(message)?.[1] ?? 0));
  return counted.reduce((sum, count) => sum + count, 0);
}
