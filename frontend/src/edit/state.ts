import type { Script, ScriptSpeaker, Segment, SegmentChange } from "polydub-client";
import { changedBy, NO_HISTORY, recorded, renamed, type History, type Step } from "./history";
import { isSame } from "./lists";
import { changeBetween, hasMoved, inOrder, lineOf, reconciled, type Line, type Span } from "./lines";

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
  /** Where they lie: the same list for as long as only words are changed. */
  spans: readonly Span[];
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
    ...arranged(entries, { order: [], spans: [] }),
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
  let isStill = true;
  for (const change of step.lines) {
    const id = (change.after ?? change.before)?.id;
    if (id === undefined) continue;
    const entry = entries.get(id);
    const line = changedBy(entry?.line ?? null, change);
    isStill &&= !hasMoved(entry?.line ?? null, line);
    if (!line && !entry?.known) entries.delete(id);
    else entries.set(id, wanting(entry ?? { ...UNKNOWN, key: id }, line));
  }
  return { ...state, entries, ...(isStill ? {} : arranged(entries, state)) };
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
  if (!answer) {
    if (entry.line) entries.set(id, wanting({ ...entry, known: null }, entry.line));
    else entries.delete(id);
    return { ...state, entries, ...arranged(entries, state) };
  }
  if (id !== answer.id) entries.delete(id);
  const mine = entry.line && { ...entry.line, id: answer.id };
  const line = mine && sent ? reconciled(sent, mine, lineOf(answer)).line : mine;
  const known = { ...answer, fit: answer.fit ?? entry.known?.fit ?? null };
  entries.set(answer.id, wanting({ ...entry, known }, line));
  return {
    ...state,
    entries,
    ...(hasMoved(entry.line, line) ? arranged(entries, state) : {}),
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
    ...arranged(entries, state),
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
  return { ...state, entries, ...arranged(entries, state) };
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
    ...arranged(entries, state),
    history: recorded(state.history, { lines, speakers: [] }),
  };
}

const WORST: readonly Saving[] = ["saved", "waiting", "saving", "failed"];
/** Several parts of the page ask after each key, and all lines are looked at for it. */
const savings = new WeakMap<EditorState["entries"], Saving | "conflict">();

/** How all lines together stand. */
export function savingOf({ entries }: EditorState): Saving | "conflict" {
  const known = savings.get(entries);
  if (known) return known;
  let worst: Saving = "saved";
  let isConflict = false;
  for (const { saving, theirs } of entries.values()) {
    isConflict ||= theirs !== undefined;
    if (saving !== "saved" && WORST.indexOf(saving) > WORST.indexOf(worst)) worst = saving;
  }
  const found = isConflict ? "conflict" : worst;
  savings.set(entries, found);
  return found;
}

/** The line that has a key: a new line's stays when it gets its id. Itself where no line has it. */
export function idOfKey({ entries }: EditorState, key: string): string {
  if (entries.get(key)?.key === key) return key;
  for (const [id, entry] of entries) if (entry.key === key) return id;
  return key;
}

type Arrangement = Pick<EditorState, "order" | "spans">;

/** Lists that are the same as before where nothing has moved, so that what is made of them stands. */
function arranged(entries: EditorState["entries"], before: Arrangement): Arrangement {
  const lines = [...entries.values()].flatMap((each) => each.line ?? []).sort(inOrder);
  const order = lines.map((each) => each.id);
  const isStill =
    lines.length === before.spans.length &&
    lines.every((each, n) => !hasMoved(before.spans[n] ?? null, each));
  return {
    order: isSame(order, before.order) ? before.order : order,
    spans: isStill ? before.spans : lines,
  };
}
