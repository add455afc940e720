import { ApiProblem, type RegisteredSpeaker, type Script, type ScriptSpeaker } from "polydub-client";
import type { ScriptApi } from "./api";
import { redo, undo, type LineChange, type Speaker, type Step } from "./history";
import { faultOf, keepable, lineOf, tidy, type Line } from "./lines";
import { patchOf } from "./speakerPatch";
import {
  acknowledged,
  done,
  opened,
  refreshed,
  replaced,
  settled,
  stepped,
  toSave,
  withEntry,
  type EditorState,
  type Entry,
  type Save,
} from "./state";

const DEFAULT_DELAY_MS = 800;
const RETRY_MS = 5000;

interface EditorOptions {
  api: ScriptApi;
  script: Script;
  /** The one that the lines' fit is told of. */
  language: string;
  /** The dub's, when the script was opened. */
  dubRevision: number;
  /** How long the talk is. */
  talkMs: number;
  delayMs?: number;
  /** What the gateway refused of something that is not a line's own matter. */
  onProblem?: (problem: unknown) => void;
}

/** A script in work: what is done to it is seen at once, and saved line by line. */
export class Editor {
  readonly talkMs: number;
  readonly #api: ScriptApi;
  readonly #delayMs: number;
  readonly #onProblem: (problem: unknown) => void;
  readonly #listeners = new Set<() => void>();
  readonly #due = new Map<string, number>();
  #state: EditorState;
  #language: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #added = 0;
  #dubRevision: number;

  constructor({ api, script, language, dubRevision, talkMs, delayMs, onProblem }: EditorOptions) {
    this.#api = api;
    this.#state = opened(script);
    this.#language = language;
    this.#dubRevision = dubRevision;
    this.talkMs = talkMs;
    this.#delayMs = delayMs ?? DEFAULT_DELAY_MS;
    this.#onProblem = onProblem ?? (() => undefined);
  }

  readonly get = (): EditorState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  line(id: string): Line | null {
    return this.#state.entries.get(id)?.line ?? null;
  }

  /** Changes one line. With a group, what follows shortly is undone with it. */
  change(id: string, change: Partial<Omit<Line, "id">>, group?: string): void {
    const before = this.line(id);
    if (!before) return;
    this.#do([{ before, after: { ...before, ...change } }], group);
  }

  translate(id: string, language: string, text: string | null, group?: string): void {
    const before = this.line(id);
    if (!before) return;
    this.change(id, { translations: { ...before.translations, [language]: text } }, group);
  }

  changeAll(lines: readonly Line[]): void {
    const changes = lines.flatMap((after) => {
      const before = this.line(after.id);
      return before ? [{ before, after }] : [];
    });
    if (changes.length > 0) this.#do(changes);
  }

  /** Adds a line and gives the id that it has for the time being. */
  insert(line: Omit<Line, "id">): string {
    const id = `new-${++this.#added}`;
    this.#do([{ before: null, after: { ...line, id } }]);
    return id;
  }

  remove(id: string): void {
    const before = this.line(id);
    if (before) this.#do([{ before, after: null }]);
  }

  /**
   * Gives the ids of the two lines; null where it was refused.
   *
   * @param cut where the second begins, in the line's text as it is here.
   */
  async split(id: string, atMs: number, cut: number): Promise<string[] | null> {
    // The gateway counts whole characters, of the text without needless spaces.
    const atCharacter = Array.from(tidy((this.line(id)?.text ?? "").slice(0, cut))).length;
    return this.#structural(async () => {
      const { known } = await this.#settledLine(id);
      const halves = await this.#api.split(known.id, known.revision, atMs, atCharacter);
      this.#set(replaced(this.#state, [known.id], halves));
      return halves.map((each) => each.id);
    });
  }

  /** Makes one of a line and the next. */
  async merge(id: string): Promise<boolean> {
    const merged = await this.#structural(async () => {
      const next = this.#state.order[this.#state.order.indexOf(id) + 1];
      if (next === undefined) return false;
      const { known } = await this.#settledLine(id);
      const one = await this.#api.merge(known.id, known.revision);
      this.#set(replaced(this.#state, [known.id, next], [one]));
      return true;
    });
    return merged ?? false;
  }

  async changeSpeaker(before: Speaker, after: Speaker): Promise<boolean> {
    const step = { lines: [], speakers: [{ before, after }] };
    const isDone = await this.#structural(() => this.#changeSpeaker(before, after));
    if (isDone) this.#set(done(this.#state, step));
    return isDone ?? false;
  }

  /** Has a speaker be a registered one, whose name and voices they take over; null: none. */
  async linkSpeaker(id: string, registeredId: string | null): Promise<boolean> {
    const linked = await this.#structural(async () => {
      const before = this.#speaker(id);
      const change = { registered_id: registeredId };
      const after = await this.#api.changeSpeaker(id, before.revision, change);
      this.#takeSpeaker(after);
      this.#set(done(this.#state, { lines: [], speakers: [{ before, after }] }));
      return true;
    });
    return linked ?? false;
  }

  /** Keeps a speaker in the registry; undone, they are there still, but not linked. */
  async registerSpeaker(id: string): Promise<RegisteredSpeaker | null> {
    return this.#structural(async () => {
      const before = this.#speaker(id);
      const made = await this.#api.registerSpeaker(id, before.revision);
      await this.refresh();
      const after = this.#speaker(id);
      this.#set(done(this.#state, { lines: [], speakers: [{ before, after }] }));
      return made;
    });
  }

  /** Gives all of a speaker's lines to another. */
  async mergeSpeakers(from: Speaker, into: string): Promise<boolean> {
    const merged = await this.#structural(async () => {
      await this.flush();
      const lines: LineChange[] = [...this.#state.entries.values()].flatMap(({ line }) =>
        line?.speakerId === from.id ? [{ before: line, after: { ...line, speakerId: into } }] : [],
      );
      const { revision } = this.#speaker(from.id);
      await this.#api.mergeSpeakers(from.id, revision, into);
      await this.refresh();
      this.#set(done(this.#state, { lines, speakers: [{ before: from, after: null }] }));
      return true;
    });
    return merged ?? false;
  }

  undo(): void {
    this.#travel(undo(this.#state.history));
  }

  redo(): void {
    this.#travel(redo(this.#state.history));
  }

  settle(id: string, choice: "mine" | "theirs"): void {
    this.#set(settled(this.#state, id, choice));
    this.#schedule([id]);
  }

  /** Tries again what could not be saved. */
  retry(): void {
    for (const [id, entry] of this.#state.entries) if (entry.saving === "failed") this.#due.set(id, 0);
    void this.flush();
  }

  /** What others did meanwhile. */
  async refresh(): Promise<void> {
    const script = await this.#api.script(this.#language);
    this.#set(refreshed(this.#state, script));
  }

  /** The dub was made anew: how it is now is seen, and what was refused meanwhile is sent. */
  async catchUp(dubRevision: number): Promise<void> {
    if (dubRevision === this.#dubRevision) return;
    this.#dubRevision = dubRevision;
    await this.refresh().catch(this.#onProblem);
    this.retry();
  }

  /** From now on the lines' fit is told of another language. */
  async lookAt(language: string): Promise<void> {
    if (language === this.#language) return;
    this.#language = language;
    await this.refresh();
  }

  /** Saves now what can be. Whether everything is saved then. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    for (const [id, entry] of this.#state.entries) {
      if (entry.saving === "waiting") this.#due.set(id, 0);
    }
    await this.#run();
    return this.isSaved();
  }

  isSaved(): boolean {
    return [...this.#state.entries.values()].every(
      (each) => each.theirs === undefined && !toSave(each),
    );
  }

  // --- within -----------------------------------------------------------------------------

  #set(state: EditorState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #do(lines: readonly LineChange[], group?: string): void {
    const step: Step = {
      lines,
      speakers: [],
      atMs: Date.now(),
      ...(group !== undefined && { group }),
    };
    this.#set(done(this.#state, step));
    this.#schedule(idsOf(lines));
  }

  #travel(way: ReturnType<typeof undo>): void {
    if (!way) return;
    const [history, step] = way;
    this.#set({ ...stepped(this.#state, step), history });
    this.#schedule(idsOf(step.lines));
    if (step.speakers.length > 0) void this.#travelSpeakers(step);
  }

  /** Speakers that were merged away are there again when they have a line: lines go first. */
  async #travelSpeakers(step: Step): Promise<void> {
    await this.#structural(async () => {
      await this.flush();
      await this.refresh();
      for (const { before, after } of step.speakers) {
        if (after && this.#state.speakers.some((each) => each.id === after.id)) {
          await this.#changeSpeaker(before, after);
        }
      }
      return true;
    });
  }

  /** Whether there was something to change. */
  async #changeSpeaker(before: Speaker, after: Speaker): Promise<boolean> {
    const known = this.#speaker(after.id);
    const patch = patchOf(before, after, known, Object.keys(this.#state.affected));
    if (!patch) return false;
    this.#takeSpeaker(await this.#api.changeSpeaker(after.id, known.revision, patch));
    return true;
  }

  #takeSpeaker(speaker: ScriptSpeaker): void {
    const speakers = this.#state.speakers.map((each) => (each.id === speaker.id ? speaker : each));
    this.#set({ ...this.#state, speakers });
  }

  #speaker(id: string): ScriptSpeaker {
    const found = this.#state.speakers.find((each) => each.id === id);
    if (!found) throw new ApiProblem({ code: "not_found", detail: `There is no speaker ${id}.` });
    return found;
  }

  /** What the gateway does beside the lines, one after the other. */
  #structural<T>(act: () => Promise<T>): Promise<T | null> {
    const mine = this.#turn.then(() => this.#tried(act));
    this.#turn = mine;
    return mine;
  }

  /** Where somebody was faster, look anew. */
  async #tried<T>(act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (problem) {
      this.#onProblem(problem);
      if (problem instanceof ApiProblem && isOutdated(problem)) {
        await this.refresh().catch(this.#onProblem);
      }
      return null;
    }
  }

  /** A line that is saved as it is seen, so that the gateway works on the same. */
  async #settledLine(id: string) {
    await this.flush();
    const entry = this.#state.entries.get(id);
    if (!entry?.known || toSave(entry)) {
      if (entry?.problem instanceof ApiProblem) throw entry.problem;
      throw new ApiProblem({ code: "conflict", detail: "The line is not saved yet." });
    }
    return { known: entry.known };
  }

  #schedule(ids: readonly string[]): void {
    const now = Date.now();
    for (const id of ids) this.#due.set(id, now + this.#delayMs);
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#due.size === 0) return;
    const next = Math.min(...this.#due.values());
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, next - Date.now()));
  }

  /** One line after the other; whoever asks meanwhile waits for the same, then goes on. */
  async #run(): Promise<void> {
    while (this.#saving) await this.#saving;
    this.#saving = this.#saveDue();
    try {
      await this.#saving;
    } finally {
      this.#saving = null;
      this.#wait();
    }
  }

  async #saveDue(): Promise<void> {
    const now = Date.now();
    const ids = [...this.#due].filter(([, at]) => at <= now).map(([id]) => id);
    for (const id of ids) {
      this.#due.delete(id);
      if (!(await this.#saveLine(id))) return;
    }
  }

  /** Whether it makes sense to go on with the next line. */
  async #saveLine(id: string): Promise<boolean> {
    const entry = this.#state.entries.get(id);
    if (!entry || entry.theirs !== undefined) return true;
    const line = this.#keepable(entry);
    const save = line === undefined ? null : toSave({ line, known: entry.known });
    if (!save) return true;
    this.#set(withEntry(this.#state, id, { saving: "saving", problem: null }));
    try {
      const answer = await this.#send(save);
      this.#set(acknowledged(this.#state, id, line ?? null, answer));
      this.#again(answer?.id ?? id);
      return true;
    } catch (problem) {
      return this.#failed(id, problem);
    }
  }

  /** What can be kept of a line as it is wanted, the rest is said beside it; undefined: nothing. */
  #keepable({ line, known }: Entry): Line | null | undefined {
    if (line && known) return keepable(line, lineOf(known), this.talkMs);
    return line && faultOf(line, this.talkMs) ? undefined : line;
  }

  async #send(save: Save) {
    if (save.kind === "insert") return this.#api.insert(save.line);
    if (save.kind === "change") return this.#api.change(save.id, save.revision, save.change);
    await this.#api.remove(save.id, save.revision);
    return null;
  }

  /** What was typed while a line was on its way is sent next. */
  #again(id: string): void {
    const entry = this.#state.entries.get(id);
    if (entry && toSave(entry)) this.#due.set(id, Date.now() + this.#delayMs);
  }

  async #failed(id: string, problem: unknown): Promise<boolean> {
    if (problem instanceof ApiProblem && isOutdated(problem)) {
      this.#set(withEntry(this.#state, id, { saving: "waiting" }));
      return this.#afterOthers(id);
    }
    this.#set(withEntry(this.#state, id, { saving: "failed", problem }));
    const isLater = problem instanceof ApiProblem && problem.retryable;
    if (isLater) this.#due.set(id, Date.now() + (problem.retryAfterS ?? 0) * 1000 + RETRY_MS);
    return !isLater;
  }

  /** Somebody was faster: their change is taken in, and ours sent on top where they don't clash. */
  async #afterOthers(id: string): Promise<boolean> {
    try {
      await this.refresh();
      this.#again(id);
      return true;
    } catch (problem) {
      this.#set(withEntry(this.#state, id, { saving: "failed", problem }));
      this.#due.set(id, Date.now() + RETRY_MS);
      return false;
    }
  }
}

/** Whether what the change was based on is not so any more. */
function isOutdated(problem: ApiProblem): boolean {
  return problem.status === 412 || problem.status === 404;
}

function idsOf(lines: readonly LineChange[]): string[] {
  return lines.flatMap(({ before, after }) => (after ?? before)?.id ?? []);
}
