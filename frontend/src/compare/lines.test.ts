import type { Script } from "polydub-client";
import { expect, test } from "vitest";
import { lineAt, linesOfReport, linesOfScript, uploadedTime, type Line } from "./lines";

const FIT = {
  source_start_ms: 1000,
  source_end_ms: 2000,
  placed_start_ms: 1050,
  placed_end_ms: 2600,
  flags: ["hard_cap"],
};

const script = {
  speakers: [{ id: "S2", name: "Katie" }],
  segments: [
    segment("u2", "S1", 4000, 5000, null),
    segment("u1", "S2", 1000, 2000, FIT),
  ],
} as unknown as Script;

function segment(id: string, speaker: string, start: number, end: number, fit: unknown) {
  const translations = { es: { text: `es ${id}` } };
  const times = { start_ms: start, end_ms: end };
  return { id, speaker_id: speaker, text: `en ${id}`, translations, fit, ...times };
}

function line(startS: number, endS: number, dubbed: [number, number] | null = null): Line {
  return {
    id: "u",
    speakerId: "S1",
    original: { startS, endS },
    dubbed: dubbed && { startS: dubbed[0], endS: dubbed[1] },
    sourceText: "",
    text: "",
    fit: null,
    uploadedStartS: startS,
  };
}

test("a script tells lines in time, with where they lie in the dub", () => {
  const { lines, speakers } = linesOfScript(script, "es");
  expect(lines.map((each) => each.id)).toEqual(["u1", "u2"]);
  expect(lines[0]).toMatchObject({
    original: { startS: 1, endS: 2 },
    dubbed: { startS: 1.05, endS: 2.6 },
    text: "es u1",
    fit: { flags: ["hard_cap"] },
  });
  expect(lines[1]?.dubbed).toBeNull();
  expect([...speakers]).toEqual([["S2", "Katie"], ["S1", "S1"]]);
});

test("a report tells the same, and leaves out what is nothing", () => {
  const told = { line_reports: [{ id: "u1", speaker_id: "S1", text: "hola", source_end_ms: 900 }] };
  const { lines } = linesOfReport(told);
  expect(lines[0]).toMatchObject({ original: { startS: 0, endS: 0.9 }, dubbed: null, fit: { flags: [] } });
  expect(linesOfReport("nothing").lines).toEqual([]);
});

test("the line that is heard", () => {
  const lines = [line(1, 2, [1, 3.5]), line(4, 5), line(4.5, 4.8)];
  expect(lineAt(lines, 0.5, "original")).toBe(-1);
  expect(lineAt(lines, 1.5, "original")).toBe(0);
  expect(lineAt(lines, 3, "original")).toBe(0);
  expect(lineAt(lines, 3.999, "dubbed")).toBe(1);
  expect(lineAt(lines, 4.6, "dubbed")).toBe(2);
  expect(lineAt(lines, 4.9, "dubbed")).toBe(1);
  expect(lineAt(lines, 9, "dubbed")).toBe(2);
});

test("where the picture was slowed, each moment has its own in the upload", () => {
  const slowed = [
    { ...line(2, 4), uploadedStartS: 2 },
    { ...line(6, 8), uploadedStartS: 4 },
  ];
  const uploaded = uploadedTime(slowed);
  expect([1, 2, 4, 6, 9].map(uploaded)).toEqual([1, 2, 3, 4, 7]);
  expect(uploadedTime([])(5)).toBe(5);
});
