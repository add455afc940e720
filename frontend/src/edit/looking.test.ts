import { expect, test } from "vitest";
import { chosen, EVERYTHING, matches, withReplaced } from "./choosing";
import { whereToCut, lineAfter } from "./lineActions";
import { cutFor, lineOf, momentFor } from "./lines";
import { opened } from "./state";
import { dragged, hit, marksOf, msAt, read, showing, written, xOf, zoomed } from "./timeline";
import { segment } from "./scripts.fixture";

const VIEW = { fromMs: 10_000, toMs: 20_000, widthPx: 1000 };

test("time and place are told from each other", () => {
  expect(xOf(VIEW, 15_000)).toBe(500);
  expect(msAt(VIEW, 500)).toBe(15_000);
  expect(zoomed(VIEW, 0.5, 15_000, 60_000)).toMatchObject({ fromMs: 12_500, toMs: 17_500 });
  expect(zoomed(VIEW, 100, 15_000, 60_000)).toMatchObject({ fromMs: 0, toMs: 60_000 });
  expect(showing(VIEW, 15_000, 60_000)).toBe(VIEW);
  expect(showing(VIEW, 59_000, 60_000)).toMatchObject({ fromMs: 50_000, toMs: 60_000 });
  expect(marksOf(VIEW, 90)).toHaveLength(11);
});

test("edges of the chosen line are hit before lines, and go no further than they may", () => {
  const [a, b] = [lineOf(segment("a", 12_000, "one")), lineOf(segment("b", 13_000, "two"))];
  expect(hit(VIEW, 304, [a, b], a)).toEqual({ line: a, edge: "end" });
  expect(hit(VIEW, 304, [a, b], null)).toEqual({ line: b, edge: null });
  expect(hit(VIEW, 900, [a, b], a)).toBeNull();
  expect(dragged(a, "start", 12_904, 60_000)).toMatchObject({ startMs: 12_900, endMs: 13_000 });
  expect(dragged(a, "start", 14_000, 60_000).startMs).toBe(12_900);
  expect(dragged(a, "end", 70_000, 60_000).endMs).toBe(60_000);
});

test.each([
  ["1:02.340", 62_340],
  ["62,3", 62_300],
  ["1:02:03", 3_723_000],
  ["5", 5000],
  ["", null],
  ["x", null],
])("%s is read as %s ms", (text, ms) => expect(read(text)).toBe(ms));

test("what is written can be read", () => {
  for (const ms of [0, 999, 62_340, 3_723_004]) expect(read(written(ms))).toBe(ms);
});

test("a line is cut between words, near its share of the time", () => {
  const line = lineOf(segment("a", 0, "one two three four"));
  expect(cutFor(line, 500)).toBe("one two ".length);
  expect(momentFor(line, 0)).toBe(100);
  expect(whereToCut(line, 4, 5000)).toEqual({ atMs: 222, atCharacter: 4 });
  expect(whereToCut(line, null, 500)).toEqual({ atMs: 500, atCharacter: 8 });
  expect(whereToCut(line, null, 5000)).toBeNull();
  expect(cutFor(lineOf(segment("a", 0, "word")), 500)).toBeNull();
});

test("a new line takes the silence, and none where the talk ends", () => {
  const line = lineOf(segment("a", 0, "one"));
  const next = lineOf(segment("b", 1800, "two"));
  expect(lineAfter(line, next, 60_000)).toMatchObject({ startMs: 1000, endMs: 1800, text: "" });
  expect(lineAfter(line, null, 1050)).toBeNull();
});

const flagged = (id: string, startMs: number, flags: string[]) => ({
  ...segment(id, startMs, id),
  fit: { flags, source_start_ms: startMs, placed_start_ms: startMs + 300, tempo: 1.4 },
});

const script = (segments: ReturnType<typeof segment>[]) =>
  opened({
    revision: 1,
    language: "en",
    stale_languages: [],
    segments,
    next_after: null,
    total: segments.length,
    speakers: [],
    affected: {},
  });

test("flagged lines are found, the worst first", () => {
  const state = script([
    segment("plain", 0, "x"),
    flagged("rushed", 1000, ["hard_cap"]),
    { ...segment("unsure", 2000, "x"), confidence: 0.2 },
    flagged("long", 3000, ["moved", "overlapped"]),
  ]);
  const ids = (choosing: Partial<typeof EVERYTHING>) =>
    chosen(state, { ...EVERYTHING, ...choosing }, "es");
  expect(ids({ flaggedFirst: true })).toEqual(["long", "rushed", "unsure", "plain"]);
  expect(ids({ show: "flagged" })).toEqual(["rushed", "long"]);
  expect(ids({ show: "unsure" })).toEqual(["unsure"]);
  expect(ids({ show: "stale" })).toEqual([]);
  expect(ids({ speakerId: "S9" })).toEqual([]);
});

test("text is found as it is written, and replaced where it stands", () => {
  const state = script([segment("a", 0, "A (b) a", "x"), segment("b", 1000, "none", "a (b)")]);
  const search = { text: "a", language: "", matchCase: false, wholeWords: false };
  const found = matches(state, search);
  expect(found.map((each) => [each.line.id, each.at])).toEqual([["a", [0, 6]]]);
  const [match] = found;
  if (!match) throw new Error("nothing found");
  expect(withReplaced(match, search, "$&c").text).toBe("$&c (b) $&c");
  expect(withReplaced(match, search, "c", 1).text).toBe("A (b) c");
  expect(matches(state, { ...search, text: "(b)", language: "es" })).toHaveLength(1);
  expect(matches(state, { ...search, matchCase: true })[0]?.at).toEqual([6]);
  expect(matches(state, { ...search, text: "" })).toEqual([]);
});

test("whole words are told from parts of words, in any script", () => {
  const said = "La sala, la ñola ¿la? L’a la3 дела де";
  const state = script([segment("a", 0, said)]);
  const at = (text: string) => {
    const search = { text, language: "", matchCase: false, wholeWords: true };
    return matches(state, search)[0]?.at ?? [];
  };
  expect(at("la")).toEqual([0, said.indexOf("la ñola"), said.indexOf("la?")]);
  expect(at("де")).toEqual([said.length - 2]);
  expect(at("?")).toEqual([said.indexOf("?")]);
  expect(at("¿la")).toEqual([said.indexOf("¿")]);
  const [match] = matches(state, { text: "la", language: "", matchCase: true, wholeWords: true });
  if (!match) throw new Error("nothing found");
  const search = { text: "la", language: "", matchCase: true, wholeWords: true };
  expect(withReplaced(match, search, "X").text).toBe("La sala, X ñola ¿X? L’a la3 дела де");
});
