import type { Script, ScriptSpeaker, Segment, SegmentChange } from "polydub-client";
import { changedBy, NO_HISTORY, recorded, renamed, type History, type Step } from "./history";
import { isSame } from "./lists";
import { changeBetween, inOrder, lineOf, reconciled, type Line } from "./lines";

export type Saving = "saved" | "waiting" | "saving" | "failed";

/** A line as the person wants it and as the gateway has it. */
export interface Entry {
  /** Stays the same when a new line gets its id, so that who types in it is not disturbed. */
  key: string;
  /** Null: it is to be deleted. */
  line: Line | null;
  /** Null: the gateway has not got it yet. */
  known: Segment | null;
  saving: Saving;
  problem: unknown;
  /** Somebody else changed the same; null: they deleted it; undefined: no conflict. */
  theirs: Segment | null | undefined;
}

/** The editor's whole state; replaced, never changed. */
export interface EditorState {
  entries: ReadonlyMap<string, Entry>;
  /** The lines that are to be seen, as they are said. */
  order: readonly string[];
  speakers: readonly ScriptSpeaker[];
  staleLanguages: readonly string[];
  /** Target language to the lines that would be made anew, as the gateway told last. */
  affected: Readonly<Record<string, readonly string[]>>;
  /** The source's. */
  language: string;
  history: History;
}

export function opened(script: Script): EditorState {
  const entries = new Map(script.segments.map((each) => [each.id, entryOf(each)] as const));
  return {
    entries,
    order: orderOf(entries),
    speakers: script.speakers,
    staleLanguages: script.stale_languages,
    affected: script.affected,
    language: script.language,
    history: NO_HISTORY,
  };
}

function entryOf(segment: Segment, key = segment.id): Entry {
  return {
    key,
    line: lineOf(segment),
    known: segment,
    saving: "saved",
    problem: null,
    theirs: undefined,
  };
}

/** A step done to the lines; speakers' steps go to the gateway first. */
export function stepped(state: EditorState, step: Step): EditorState {
  const entries = new Map(state.entries);
  let isMoved = false;
  for (const change of step.lines) {
    const id = (change.after ?? change.before)?.id;
    if (id === undefined) continue;
    const entry = entries.get(id);
    const line = changedBy(entry?.line ?? null, change);
    isMoved ||= line === null || entry?.line?.startMs !== line.startMs;
    if (!line && !entry?.known) entries.delete(id);
    else entries.set(id, wanting(entry ?? { ...UNKNOWN, key: id }, line));
  }
  return { ...state, entries, order: isMoved ? orderOf(entries, state.order) : state.order };
}

export function done(state: EditorState, step: Step): EditorState {
  return { ...stepped(state, step), history: recorded(state.history, step) };
}

const UNKNOWN = { known: null, theirs: undefined } as const;

function wanting(entry: Pick<Entry, "key" | "known" | "theirs">, line: Line | null): Entry {
  const next = { ...entry, line };
  return { ...next, problem: null, saving: toSave(next) ? "waiting" : "saved" };
}

/** What has to be told to the gateway. */
export type Save =
  | { kind: "change"; id: string; revision: number; change: SegmentChange }
  | { kind: "insert"; id: string; line: Line }
  | { kind: "delete"; id: string; revision: number };

export function toSave({ line, known }: Pick<Entry, "line" | "known">): Save | null {
  if (!line) return known && { kind: "delete", id: known.id, revision: known.revision };
  if (!known) return { kind: "insert", id: line.id, line };
  const change = changeBetween(lineOf(known), line);
  return change && { kind: "change", id: known.id, revision: known.revision, change };
}

export function withEntry(state: EditorState, id: string, change: Partial<Entry>): EditorState {
  const entry = state.entries.get(id);
  if (!entry) return state;
  return { ...state, entries: new Map(state.entries).set(id, { ...entry, ...change }) };
}

/**
 * The gateway has taken a line in as it was sent. What was typed meanwhile stays to be sent.
 *
 * @param answer null where it was deleted.
 */
export function acknowledged(
  state: EditorState,
  id: string,
  sent: Line | null,
  answer: Segment | null,
): EditorState {
  const entry = state.entries.get(id);
  if (!entry) return state;
  const entries = new Map(state.entries);
  entries.delete(id);
  if (!answer) {
    if (entry.line) entries.set(id, wanting({ ...entry, known: null }, entry.line));
    return { ...state, entries, order: orderOf(entries, state.order) };
  }
  const mine = entry.line && { ...entry.line, id: answer.id };
  const line = mine && sent ? reconciled(sent, mine, lineOf(answer)).line : mine;
  const known = { ...answer, fit: answer.fit ?? entry.known?.fit ?? null };
  entries.set(answer.id, wanting({ ...entry, known }, line));
  return {
    ...state,
    entries,
    order: orderOf(entries, state.order),
    history: id === answer.id ? state.history : renamed(state.history, id, answer.id),
  };
}

/** The script as it stands at the gateway; what was not saved yet stays, or conflicts. */
export function refreshed(state: EditorState, script: Script): EditorState {
  const entries = new Map<string, Entry>();
  for (const segment of script.segments) {
    entries.set(segment.id, refreshedEntry(state.entries.get(segment.id), segment));
  }
  for (const [id, entry] of state.entries) {
    if (entries.has(id)) continue;
    if (entry.known === null) entries.set(id, entry);
    else if (entry.line && toSave(entry)) entries.set(id, { ...entry, theirs: null });
  }
  return {
    ...state,
    entries,
    order: orderOf(entries, state.order),
    speakers: script.speakers,
    staleLanguages: script.stale_languages,
    affected: script.affected,
  };
}

function refreshedEntry(entry: Entry | undefined, theirs: Segment): Entry {
  if (!entry?.known || !toSave(entry)) return entryOf(theirs, entry?.key);
  if (entry.known.revision === theirs.revision) return { ...entry, known: theirs };
  if (!entry.line) return { ...entry, theirs };
  const { line, clashes } = reconciled(lineOf(entry.known), entry.line, lineOf(theirs));
  if (clashes.length > 0) return { ...entry, theirs };
  return wanting({ ...entry, known: theirs }, line);
}

/** A conflict is over: mine is sent on top of theirs, or theirs holds. */
export function settled(state: EditorState, id: string, choice: "mine" | "theirs"): EditorState {
  const entry = state.entries.get(id);
  if (entry?.theirs === undefined) return state;
  const { theirs } = entry;
  const entries = new Map(state.entries);
  const next = { ...entry, known: theirs, theirs: undefined };
  if (choice === "mine") entries.set(id, wanting(next, entry.line));
  else if (theirs) entries.set(id, entryOf(theirs, entry.key));
  else entries.delete(id);
  return { ...state, entries, order: orderOf(entries, state.order) };
}

/** Lines that the gateway has changed at once: a line split, or two merged. */
export function replaced(
  state: EditorState,
  gone: readonly string[],
  there: readonly Segment[],
): EditorState {
  const entries = new Map(state.entries);
  const before = gone.flatMap((id) => state.entries.get(id)?.line ?? []);
  for (const id of gone) entries.delete(id);
  for (const segment of there) entries.set(segment.id, entryOf(segment));
  const ids = new Set([...gone, ...there.map((each) => each.id)]);
  const lines = [...ids].map((id) => ({
    before: before.find((each) => each.id === id) ?? null,
    after: entries.get(id)?.line ?? null,
  }));
  return {
    ...state,
    entries,
    order: orderOf(entries, state.order),
    history: recorded(state.history, { lines, speakers: [] }),
  };
}

/** How all lines together stand. */
export function savingOf(state: EditorState): Saving | "conflict" {
  let worst: Saving = "saved";
  const order: Saving[] = ["saved", "waiting", "saving", "failed"];
  for (const entry of state.entries.values()) {
    if (entry.theirs !== undefined) return "conflict";
    if (order.indexOf(entry.saving) > order.indexOf(worst)) worst = entry.saving;
  }
  return worst;
}

/** The same as before where nothing has moved, so that what is made of it stands. */
function orderOf(
  entries: ReadonlyMap<string, Entry>,
  before: readonly string[] = [],
): readonly string[] {
  const lines = [...entries.values()].flatMap((each) => each.line ?? []);
  const order = lines.sort(inOrder).map((line) => line.id);
  return isSame(order, before) ? before : order;
}
