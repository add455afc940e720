import {
  ApiProblem,
  type RegisteredSpeaker,
  type Script,
  type ScriptSpeaker,
  type Segment,
  type SegmentChange,
} from "polydub-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ScriptApi } from "./api";
import { Editor } from "./editor";
import { lineOf, tidy, type Line } from "./lines";
import { segment } from "./scripts.fixture";
import type { SpeakerPatch } from "./speakerPatch";
import { savingOf } from "./state";

/** A gateway's script in memory, with its rules: revisions, staleness, order. */
class Gateway implements ScriptApi {
  readonly lines = new Map<string, Segment>();
  readonly calls: string[] = [];
  isDown = false;
  /** The dub is being made. */
  isBusy = false;
  #made = 0;
  speakers: ScriptSpeaker[] = [
    { id: "S1", name: "S1", voices: {}, registered_id: null, revision: 1 },
    { id: "S2", name: "S2", voices: {}, registered_id: null, revision: 1 },
  ];

  registry: RegisteredSpeaker[] = [];

  constructor(segments: Segment[]) {
    for (const each of segments) this.lines.set(each.id, each);
  }

  #called(call: string): void {
    this.calls.push(call);
    if (this.isDown) throw ApiProblem.network(new Error("no line"));
    if (this.isBusy) throw new ApiProblem({ code: "conflict", status: 409 });
  }

  #line(id: string, revision: number): Segment {
    const line = this.lines.get(id);
    if (!line) throw new ApiProblem({ code: "not_found", status: 404 });
    if (line.revision !== revision) throw new ApiProblem({ code: "revision_mismatch", status: 412 });
    return line;
  }

  #speaker(id: string, revision: number): ScriptSpeaker {
    const speaker = this.speakers.find((each) => each.id === id);
    if (speaker?.revision !== revision) {
      throw new ApiProblem({ code: "revision_mismatch", status: 412 });
    }
    return speaker;
  }

  #put(line: Segment): Segment {
    this.lines.set(line.id, line);
    return structuredClone(line);
  }

  script = (): Promise<Script> => {
    const segments = [...this.lines.values()].sort((a, b) => a.start_ms - b.start_ms);
    return Promise.resolve(
      structuredClone({
        revision: 1,
        language: "en",
        stale_languages: [],
        segments,
        next_after: null,
        total: segments.length,
        speakers: this.speakers,
        affected: { es: [] },
      }),
    );
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  change = async (id: string, revision: number, change: SegmentChange): Promise<Segment> => {
    this.#called(`change ${id} ${JSON.stringify(change)}`);
    const line = this.#line(id, revision);
    const text = change.text == null ? line.text : tidy(change.text);
    const translations = structuredClone(line.translations);
    for (const each of Object.values(translations)) {
      if (text !== line.text && each.origin === "machine") each.stale = true;
    }
    for (const [tag, words] of Object.entries(change.translations ?? {})) {
      const each = translations[tag];
      if (!each) throw new ApiProblem({ code: "invalid_request", status: 422 });
      Object.assign(each, words === null ? { stale: true, origin: "machine" } : { text: tidy(words), stale: false, origin: "person" });
    }
    if (!this.speakers.some((each) => each.id === (change.speaker_id ?? "S1"))) {
      this.speakers.push({ id: change.speaker_id ?? "", name: change.speaker_id ?? "", voices: {}, registered_id: null, revision: 1 });
    }
    return this.#put({
      ...line,
      text,
      translations,
      start_ms: change.start_ms ?? line.start_ms,
      end_ms: change.end_ms ?? line.end_ms,
      speaker_id: change.speaker_id ?? line.speaker_id,
      revision: line.revision + 1,
    });
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  insert = async (line: Line): Promise<Segment> => {
    this.#called("insert");
    const words = line.translations["es"] ?? null;
    return this.#put({
      ...segment(`n${++this.#made}`, line.startMs, tidy(line.text)),
      end_ms: line.endMs,
      speaker_id: line.speakerId,
      translations: {
        es: { text: words ?? "", origin: words ? "person" : "machine", stale: words === null, candidates: [] },
      },
    });
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  remove = async (id: string, revision: number): Promise<void> => {
    this.#called(`remove ${id}`);
    this.#line(id, revision);
    this.lines.delete(id);
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  split = async (id: string, revision: number, atMs: number, at: number): Promise<Segment[]> => {
    this.#called(`split ${id} ${at}`);
    const line = this.#line(id, revision);
    const translations = { es: { text: "", origin: "machine" as const, stale: true, candidates: [] } };
    const [head, tail] = [line.text.slice(0, at).trim(), line.text.slice(at).trim()];
    return [
      this.#put({ ...line, text: head, end_ms: atMs, translations, revision: revision + 1 }),
      this.#put({ ...line, id: `n${++this.#made}`, text: tail, start_ms: atMs, translations, revision: 1 }),
    ];
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  merge = async (id: string, revision: number): Promise<Segment> => {
    this.#called(`merge ${id}`);
    const line = this.#line(id, revision);
    const next = [...this.lines.values()]
      .sort((a, b) => a.start_ms - b.start_ms)
      .find((each) => each.start_ms > line.start_ms);
    if (!next) throw new ApiProblem({ code: "invalid_request", status: 422 });
    this.lines.delete(next.id);
    return this.#put({ ...line, text: `${line.text} ${next.text}`, end_ms: next.end_ms, revision: revision + 1 });
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  changeSpeaker = async (id: string, revision: number, change: SpeakerPatch) => {
    this.#called(`speaker ${id} ${JSON.stringify(change)}`);
    const speaker = this.#speaker(id, revision);
    const linked = this.registry.find((each) => each.id === change.registered_id);
    if (change.registered_id && !linked) throw new ApiProblem({ code: "not_found", status: 404 });
    const voices = Object.entries({ ...speaker.voices, ...linked?.voices, ...change.voices });
    Object.assign(speaker, {
      name: change.name ?? linked?.name ?? speaker.name,
      voices: Object.fromEntries(voices.filter(([, voice]) => voice !== null)),
      ...(change.registered_id !== undefined && { registered_id: change.registered_id }),
      revision: revision + 1,
    });
    return structuredClone(speaker);
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  registerSpeaker = async (id: string, revision: number) => {
    this.#called(`register ${id}`);
    const speaker = this.#speaker(id, revision);
    const made = {
      id: `spk_${speaker.name}`,
      name: speaker.name,
      voices: speaker.voices,
      revision: 1,
      updated_at: "2026-01-05T09:30:00Z",
    };
    this.registry.push(made);
    Object.assign(speaker, { registered_id: made.id, revision: revision + 1 });
    return structuredClone(made);
  };

  // eslint-disable-next-line @typescript-eslint/require-await
  mergeSpeakers = async (id: string, _: number, into: string) => {
    this.#called(`merge speaker ${id} ${into}`);
    for (const line of this.lines.values()) {
      if (line.speaker_id === id) this.#put({ ...line, speaker_id: into, revision: line.revision + 1 });
    }
    this.speakers = this.speakers.filter((each) => each.id !== id);
    return structuredClone(this.speakers[0] ?? { id: into, name: into, voices: {}, registered_id: null, revision: 1 });
  };
}

async function editing(...segments: Segment[]): Promise<{ gateway: Gateway; editor: Editor }> {
  const gateway = new Gateway(segments);
  const editor = new Editor({
    api: gateway,
    script: await gateway.script(),
    language: "es",
    dubRevision: 0,
    talkMs: 60_000,
  });
  return { gateway, editor };
}

function speaker(editor: Editor, id: string): ScriptSpeaker {
  const found = editor.get().speakers.find((each) => each.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
}

const wordsOf = (gateway: Gateway, id: string) => gateway.lines.get(id)?.translations["es"];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("typing is saved once, a while after the last key", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  for (const text of ["H", "Ho", "Hola"]) editor.translate("a", "es", text, "words");
  expect(gateway.calls).toEqual([]);
  expect(savingOf(editor.get())).toBe("waiting");
  await vi.advanceTimersByTimeAsync(1000);
  expect(gateway.calls).toEqual(['change a {"translations":{"es":"Hola"}}']);
  expect(wordsOf(gateway, "a")).toMatchObject({ text: "Hola", origin: "person" });
  expect(savingOf(editor.get())).toBe("saved");
});

test("who is typing keeps the space that was typed last", async () => {
  const { editor } = await editing(segment("a", 0, "one"));
  editor.change("a", { text: "one two" });
  editor.change("a", { text: "one two " });
  await editor.flush();
  expect(editor.line("a")?.text).toBe("one two ");
  expect(editor.isSaved()).toBe(true);
});

test("other words make the machine's translation stale, and undo brings both back", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  editor.change("a", { text: "two" });
  await editor.flush();
  expect(editor.line("a")?.translations["es"]).toBeNull();
  editor.undo();
  await editor.flush();
  expect(gateway.lines.get("a")?.text).toBe("one");
  expect(wordsOf(gateway, "a")).toMatchObject({ text: "es one", stale: false });
  editor.redo();
  await editor.flush();
  expect(gateway.lines.get("a")?.text).toBe("two");
});

test("what is typed in one go is undone in one go", async () => {
  const { editor } = await editing(segment("a", 0, "one"));
  editor.change("a", { text: "o" }, "text/a");
  editor.change("a", { text: "ot" }, "text/a");
  await vi.advanceTimersByTimeAsync(5000);
  editor.change("a", { text: "other" }, "text/a");
  editor.undo();
  expect(editor.line("a")?.text).toBe("ot");
  editor.undo();
  expect(editor.line("a")?.text).toBe("one");
});

test("a deleted line comes back under another id, and later steps know it by that", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"), segment("b", 2000, "two"));
  editor.change("a", { text: "first" });
  await editor.flush();
  editor.remove("a");
  await editor.flush();
  expect([...gateway.lines.keys()]).toEqual(["b"]);
  editor.undo();
  await editor.flush();
  editor.undo();
  await editor.flush();
  expect([...gateway.lines.values()].map((each) => each.text).sort()).toEqual(["one", "two"]);
  editor.redo();
  editor.redo();
  await editor.flush();
  expect([...gateway.lines.keys()]).toEqual(["b"]);
});

test("a new line without words waits for them", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  const line = { ...lineOf(segment("x", 2000, "")), translations: { es: null } };
  const id = editor.insert(line);
  await editor.flush();
  expect(gateway.calls).toEqual([]);
  editor.change(id, { text: "two" });
  await editor.flush();
  expect(editor.get().order).toEqual(["a", "n1"]);
  expect(editor.line("n1")?.text).toBe("two");
  expect(editor.get().entries.get("n1")?.key).toBe(id);
});

test("a change of one line of many leaves the others as they are, and the order", async () => {
  const { editor } = await editing(
    ...Array.from({ length: 2000 }, (_, n) => segment(`u${String(n).padStart(4, "0")}`, n * 20, "x")),
  );
  const before = editor.get();
  editor.change("u0007", { text: "y" });
  const after = editor.get();
  const changed = [...after.entries].filter(([id, entry]) => before.entries.get(id) !== entry);
  expect(changed.map(([id]) => id)).toEqual(["u0007"]);
  expect(after.order).toBe(before.order);
});

test("split and merge are undone by what lines were before", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one two"), segment("b", 3000, "three"));
  const halves = await editor.split("a", 500, 4);
  expect(halves).toEqual(["a", "n1"]);
  editor.undo();
  await editor.flush();
  expect([...gateway.lines.values()].map((each) => each.text)).toEqual(["one two", "three"]);
  expect(gateway.lines.get("a")).toMatchObject({ start_ms: 0, end_ms: 1000 });
  expect(wordsOf(gateway, "a")).toMatchObject({ text: "es one two", stale: false });

  expect(await editor.merge("a")).toBe(true);
  expect(gateway.lines.size).toBe(1);
  editor.undo();
  await editor.flush();
  const lines = [...gateway.lines.values()].map((each) => [each.text, each.start_ms]);
  expect(lines).toEqual([
    ["one two", 0],
    ["three", 3000],
  ]);
});

test("characters that take two places in memory are cut as one", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "😀😀 two"));
  await editor.split("a", 500, "😀😀 ".length);
  expect(gateway.calls).toContain("split a 2");
});

test("without a line nothing is lost, and it is sent when the line is back", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"), segment("b", 2000, "two"));
  gateway.isDown = true;
  editor.translate("a", "es", "uno");
  editor.translate("b", "es", "dos");
  expect(await editor.flush()).toBe(false);
  expect(savingOf(editor.get())).toBe("failed");
  gateway.isDown = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(wordsOf(gateway, "a")?.text).toBe("uno");
  expect(wordsOf(gateway, "b")?.text).toBe("dos");
  expect(savingOf(editor.get())).toBe("saved");
});

test("what was refused while the dub was made is sent when it is made, on top of what is new", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"), segment("b", 2000, "two"));
  await gateway.change("a", 1, { speaker_id: "S2" });
  await gateway.change("b", 1, { text: "three" });
  gateway.isBusy = true;
  editor.translate("a", "es", "uno");
  expect(await editor.flush()).toBe(false);
  expect(editor.line("a")?.translations["es"]).toBe("uno");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(savingOf(editor.get())).toBe("failed");

  await editor.catchUp(0);
  expect(editor.line("b")?.text).toBe("two");
  gateway.isBusy = false;
  await editor.catchUp(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(editor.line("b")?.text).toBe("three");
  expect(wordsOf(gateway, "a")?.text).toBe("uno");
  expect(gateway.lines.get("a")?.speaker_id).toBe("S2");
  expect(savingOf(editor.get())).toBe("saved");
});

test("who corrects what was made anew meanwhile chooses between the two", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  await gateway.change("a", 1, { translations: { es: "theirs" } });
  gateway.isBusy = true;
  editor.translate("a", "es", "mine");
  await editor.flush();
  gateway.isBusy = false;
  await editor.catchUp(1);
  expect(savingOf(editor.get())).toBe("conflict");
  expect(editor.line("a")?.translations["es"]).toBe("mine");
});

test("others' change of something else is taken in, and ours sent on top", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  await gateway.change("a", 1, { speaker_id: "S2" });
  editor.translate("a", "es", "uno");
  await vi.advanceTimersByTimeAsync(3000);
  expect(gateway.lines.get("a")).toMatchObject({ speaker_id: "S2", revision: 3 });
  expect(wordsOf(gateway, "a")?.text).toBe("uno");
  expect(editor.isSaved()).toBe(true);
});

test.each(["mine", "theirs"] as const)("of two changes of the same, %s is chosen", async (choice) => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  await gateway.change("a", 1, { translations: { es: "theirs" } });
  editor.translate("a", "es", "mine");
  await editor.flush();
  expect(savingOf(editor.get())).toBe("conflict");
  expect(editor.get().entries.get("a")?.theirs?.translations["es"]?.text).toBe("theirs");
  expect(editor.line("a")?.translations["es"]).toBe("mine");
  editor.settle("a", choice);
  await editor.flush();
  expect(wordsOf(gateway, "a")?.text).toBe(choice);
  expect(editor.line("a")?.translations["es"]).toBe(choice);
});

test("a line that somebody deleted can be kept with ours", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"), segment("b", 2000, "two"));
  await gateway.remove("a", 1);
  editor.change("a", { text: "mine" });
  await editor.flush();
  expect(editor.get().entries.get("a")?.theirs).toBeNull();
  editor.settle("a", "mine");
  await editor.flush();
  expect([...gateway.lines.values()].map((each) => each.text).sort()).toEqual(["mine", "two"]);
});

test("a speaker's name and a merged speaker come back with undo", async () => {
  const two = { ...segment("b", 2000, "two"), speaker_id: "S2" };
  const { gateway, editor } = await editing(segment("a", 0, "one"), two);
  await editor.changeSpeaker(speaker(editor, "S2"), { ...speaker(editor, "S2"), name: "Ada" });
  await editor.mergeSpeakers(speaker(editor, "S2"), "S1");
  expect(gateway.lines.get("b")?.speaker_id).toBe("S1");
  editor.undo();
  await vi.advanceTimersByTimeAsync(5000);
  expect(gateway.lines.get("b")?.speaker_id).toBe("S2");
  expect(gateway.speakers.find((each) => each.id === "S2")?.name).toBe("Ada");
  editor.undo();
  await vi.advanceTimersByTimeAsync(5000);
  expect(gateway.speakers.find((each) => each.id === "S2")?.name).toBe("S2");
});

test("a speaker takes over who they are registered as, and gives it back", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  const ada = { id: "spk_1", name: "Ada", voices: { es: "ana" }, revision: 1, updated_at: "" };
  gateway.registry = [ada];
  await editor.linkSpeaker("S1", "spk_1");
  const linked = { name: "Ada", voices: { es: "ana" }, registered_id: "spk_1" };
  expect(speaker(editor, "S1")).toMatchObject(linked);
  editor.undo();
  await vi.advanceTimersByTimeAsync(5000);
  const alone = { name: "S1", voices: {}, registered_id: null };
  expect(speaker(editor, "S1")).toMatchObject(alone);
  expect(gateway.speakers[0]).toMatchObject(alone);

  gateway.registry = [{ ...ada, name: "Ada Lovelace", voices: { es: "other" } }];
  editor.redo();
  await vi.advanceTimersByTimeAsync(5000);
  expect(gateway.speakers[0]).toMatchObject(linked);
  await editor.linkSpeaker("S1", null);
  expect(gateway.speakers[0]).toMatchObject({ ...linked, registered_id: null });
});

test("a speaker is kept in the registry, and undone only not linked any more", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  await editor.changeSpeaker(speaker(editor, "S1"), { ...speaker(editor, "S1"), name: "Ada" });
  expect(await editor.registerSpeaker("S1")).toMatchObject({ name: "Ada" });
  expect(speaker(editor, "S1").registered_id).toBe("spk_Ada");
  editor.undo();
  await vi.advanceTimersByTimeAsync(5000);
  expect(gateway.speakers[0]).toMatchObject({ name: "Ada", registered_id: null });
  expect(gateway.registry).toHaveLength(1);
});

test("who was changed by somebody else meanwhile is shown as they are, and not linked", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  gateway.registry = [{ id: "spk_1", name: "Ada", voices: {}, revision: 1, updated_at: "" }];
  await gateway.changeSpeaker("S1", 1, { name: "Eve" });
  expect(await editor.linkSpeaker("S1", "spk_1")).toBe(false);
  expect(speaker(editor, "S1")).toMatchObject({ name: "Eve", registered_id: null });
  expect(editor.get().history.done).toEqual([]);
});

test("a refused change stays beside its line until it is mended", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"), segment("b", 2000, "two"));
  editor.change("a", { endMs: 90_000 });
  editor.translate("b", "es", "dos");
  await editor.flush();
  expect(gateway.calls.filter((call) => call.startsWith("change a"))).toEqual([]);
  expect(wordsOf(gateway, "b")?.text).toBe("dos");
  editor.change("a", { endMs: 1500 });
  await editor.flush();
  expect(gateway.lines.get("a")?.end_ms).toBe(1500);
});

test("what is at fault in a line does not keep the rest of it from being saved", async () => {
  const { gateway, editor } = await editing(segment("a", 0, "one"));
  editor.change("a", { text: "", endMs: 20 });
  editor.translate("a", "es", "uno");
  await editor.flush();
  expect(gateway.lines.get("a")).toMatchObject({ text: "one", end_ms: 1000 });
  expect(wordsOf(gateway, "a")?.text).toBe("uno");
  expect(editor.line("a")).toMatchObject({ text: "", endMs: 20 });
  expect(editor.isSaved()).toBe(false);
  await vi.advanceTimersByTimeAsync(5000);
  expect(gateway.calls).toHaveLength(1);
  editor.change("a", { endMs: 900 });
  await editor.flush();
  expect(gateway.lines.get("a")).toMatchObject({ text: "one", end_ms: 900 });
  expect(editor.line("a")).toMatchObject({ text: "", endMs: 900 });
  editor.change("a", { text: "two" });
  await editor.flush();
  expect(gateway.lines.get("a")?.text).toBe("two");
  expect(editor.isSaved()).toBe(true);
});
