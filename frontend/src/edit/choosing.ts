import type { Segment } from "polydub-client";
import { fitOf, FLAGS } from "../fit/fit";
import { tidy, type Line } from "./lines";
import type { EditorState, Entry } from "./state";

export const SHOWN = ["all", "flagged", "unsure", "stale"] as const;

/** Which lines are to be seen. */
export interface Choosing {
  show: (typeof SHOWN)[number];
  /** Empty: all. */
  speakerId: string;
  /** Those that people should hear come first, the worst of them at the top. */
  flaggedFirst: boolean;
}

export const EVERYTHING: Choosing = { show: "all", speakerId: "", flaggedFirst: false };

/** The ids of the lines to be seen, in the order in which they are. */
export function chosen(
  state: EditorState,
  choosing: Choosing,
  language: string,
): readonly string[] {
  if (choosing === EVERYTHING) return state.order;
  const ids = state.order.filter((id) => {
    const entry = state.entries.get(id);
    return entry !== undefined && isShown(entry, choosing, language);
  });
  if (!choosing.flaggedFirst) return ids;
  const rank = new Map(ids.map((id) => [id, severity(state.entries.get(id))]));
  return ids.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

function isShown(entry: Entry, { show, speakerId }: Choosing, language: string): boolean {
  if (speakerId !== "" && entry.line?.speakerId !== speakerId) return false;
  if (show === "flagged") return (fitOf(entry.known?.fit)?.flags.length ?? 0) > 0;
  if (show === "unsure") return isUnsure(entry.known);
  if (show === "stale") return isToBeTranslated(entry, language);
  return true;
}

/** Its words are not those of what is said any more, or there are none yet. */
export function isToBeTranslated({ line }: Entry, language: string): boolean {
  return (line?.translations[language] ?? null) === null;
}

const UNSURE_BELOW = 0.5;

/** The recogniser was not sure of what it heard. */
export function isUnsure(segment: Segment | null): boolean {
  return segment !== null && segment.confidence < UNSURE_BELOW;
}

function severity(entry: Entry | undefined): number {
  const worst = entry && fitOf(entry.known?.fit)?.flags[0];
  if (worst !== undefined) return FLAGS.indexOf(worst);
  return entry && isUnsure(entry.known) ? FLAGS.length : FLAGS.length + 1;
}

/** Where to look: what is said, or how it is said in a language. */
export interface Search {
  text: string;
  /** Empty: what is said. */
  language: string;
  matchCase: boolean;
  /** Not where it is part of a longer word. */
  wholeWords: boolean;
}

export interface Match {
  line: Line;
  text: string;
  /** Where each begins. */
  at: readonly number[];
}

export function matches(state: EditorState, search: Search): Match[] {
  if (search.text === "") return [];
  return state.order.flatMap((id) => {
    const line = state.entries.get(id)?.line;
    if (!line) return [];
    const text = textIn(line, search.language);
    const at = [...text.matchAll(pattern(search))].map((found) => found.index);
    return at.length > 0 ? [{ line, text, at }] : [];
  });
}

/** The line with other words in place of those that were found; `n`: only the nth of them. */
export function withReplaced(match: Match, search: Search, words: string, n?: number): Line {
  let count = -1;
  const text = match.text.replace(pattern(search), (found) => {
    count++;
    return n === undefined || n === count ? words : found;
  });
  const tidied = tidy(text);
  if (search.language === "") return { ...match.line, text: tidied };
  return { ...match.line, translations: { ...match.line.translations, [search.language]: tidied } };
}

function textIn(line: Line, language: string): string {
  return language === "" ? line.text : (line.translations[language] ?? "");
}

const OF_WORD = "[\\p{L}\\p{M}\\p{N}_]";
// Where a sign is at the edge of what is looked for, any letter may stand beside it.
const WORD_BEGINS = `(?:(?<!${OF_WORD})|(?!${OF_WORD}))`;
const WORD_ENDS = `(?:(?!${OF_WORD})|(?<!${OF_WORD}))`;

function pattern({ text, matchCase, wholeWords }: Search): RegExp {
  // What is looked for is text, whatever signs it has.
  const sought = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const source = wholeWords ? WORD_BEGINS + sought + WORD_ENDS : sought;
  return new RegExp(source, matchCase ? "gu" : "giu");
}
