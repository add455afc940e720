import { partsOf, valueOf, withValue, type Line } from "./lines";

export interface Speaker {
  id: string;
  name: string;
  /** Target language to the voice that a person chose. */
  voices: Readonly<Record<string, string>>;
  /** The registered speaker they are; null: nobody of those. */
  registered_id: string | null;
}

export interface LineChange {
  /** Null: there was none. */
  before: Line | null;
  /** Null: it is taken out. */
  after: Line | null;
}

export interface SpeakerChange {
  before: Speaker;
  /** Null: merged into another. */
  after: Speaker | null;
}

/** What is done, and undone, at once. */
export interface Step {
  lines: readonly LineChange[];
  speakers: readonly SpeakerChange[];
  /** Steps of one group that follow each other shortly are one: typing. */
  group?: string;
  atMs?: number;
}

export interface History {
  done: readonly Step[];
  undone: readonly Step[];
}

export const NO_HISTORY: History = { done: [], undone: [] };
const MOST_STEPS = 200;
const ONE_GO_MS = 2000;

export function recorded(history: History, step: Step): History {
  const last = history.done.at(-1);
  if (last && isSameGo(last, step)) {
    return { done: [...history.done.slice(0, -1), joined(last, step)], undone: [] };
  }
  return { done: [...history.done, step].slice(-MOST_STEPS), undone: [] };
}

/** The history after taking the last step back, and the step that does so. */
export function undo(history: History): [History, Step] | null {
  const step = history.done.at(-1);
  if (!step) return null;
  // Without its group: what is typed after it was done again is another step.
  const closed: Step = { lines: step.lines, speakers: step.speakers };
  return [
    { done: history.done.slice(0, -1), undone: [...history.undone, closed] },
    inverse(step),
  ];
}

export function redo(history: History): [History, Step] | null {
  const step = history.undone.at(-1);
  if (!step) return null;
  return [{ done: [...history.done, step], undone: history.undone.slice(0, -1) }, step];
}

/** The history where a line that was added again has got another id. */
export function renamed(history: History, from: string, to: string): History {
  const line = (each: Line | null) => (each?.id === from ? { ...each, id: to } : each);
  const step = (each: Step): Step => ({
    ...each,
    lines: each.lines.map(({ before, after }) => ({ before: line(before), after: line(after) })),
  });
  return { done: history.done.map(step), undone: history.undone.map(step) };
}

export function inverse(step: Step): Step {
  return {
    lines: step.lines.map(({ before, after }) => ({ before: after, after: before })),
    speakers: step.speakers.flatMap(({ before, after }) =>
      // Who was merged away comes back with their lines, as they were.
      after ? [{ before: after, after: before }] : [{ before, after: before }],
    ),
  };
}

/**
 * A line after a change. Only what the change is about is changed, so that what happened to the
 * rest meanwhile stays; with the old words their translations come back as well.
 */
export function changedBy(current: Line | null, { before, after }: LineChange): Line | null {
  if (!before || !after || !current) return after;
  let line = current;
  for (const part of partsOf(after)) {
    // To the letter: a space that was typed is a change here, though none to the gateway.
    const isChanged = valueOf(before, part) !== valueOf(after, part);
    if (isChanged) line = withValue(line, part, valueOf(after, part) ?? null);
  }
  if (before.text === after.text) return line;
  for (const [tag, text] of Object.entries(after.translations)) {
    if (text !== null && line.translations[tag] === null) {
      line = withValue(line, `translation:${tag}`, text);
    }
  }
  return line;
}

function isSameGo(last: Step, step: Step): boolean {
  return (
    step.group !== undefined &&
    step.group === last.group &&
    (step.atMs ?? 0) - (last.atMs ?? 0) < ONE_GO_MS
  );
}

function joined(last: Step, step: Step): Step {
  const [first, second] = [last.lines[0], step.lines[0]];
  if (!first || !second) return step;
  return { ...step, lines: [{ before: first.before, after: second.after }] };
}
