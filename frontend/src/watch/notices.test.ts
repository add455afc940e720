import { expect, test } from "vitest";
import { codesOfLines, grouped } from "./notices";

const unsure = (line_id: string, message: string) => {
  return { code: "low_confidence", stage: "asr", line_id, message };
};
const hurried = (language: string, message: string) => {
  return { code: "lines_hard_cap", stage: "muxing", language, message };
};

test("what is said of several lines is one group, which counts each line once", () => {
  const notices = [unsure("u1", "Unsure (40%)."), unsure("u2", "Unsure (40%)."), unsure("u2", "Unsure (31%).")];
  expect(grouped(notices)).toEqual([
    {
      code: "low_confidence",
      stage: "asr",
      language: "",
      lineIds: ["u1", "u2"],
      lines: 2,
      sentences: ["Unsure (40%).", "Unsure (31%)."],
    },
  ]);
});

test("languages, stages and codes are kept apart, in the order in which they came", () => {
  const notices = [
    hurried("es", "2 of 9 lines had to be spoken faster."),
    unsure("u1", "Unsure."),
    hurried("fr", "1 of 9 lines had to be spoken faster."),
    { ...hurried("es", "Said by another stage."), stage: "tts" },
    { ...hurried("es", "Of another kind."), code: "lines_moved" },
    hurried("es", "Said again."),
  ];
  expect(grouped(notices).map(({ code, stage, language }) => [code, stage, language])).toEqual([
    ["lines_hard_cap", "muxing", "es"],
    ["low_confidence", "asr", ""],
    ["lines_hard_cap", "muxing", "fr"],
    ["lines_hard_cap", "tts", "es"],
    ["lines_moved", "muxing", "es"],
  ]);
});

test("lines that are counted and not named count as well; what is about none has none", () => {
  const of = (message: string) => grouped([hurried("es", message)])[0]?.lines;
  expect(of("12 of 42 lines had to be spoken faster.")).toBe(12);
  expect(of("The quality is 41.0; 50 were asked for.")).toBe(0);
  expect(of("The dub has 3 of 42 lines.")).toBe(0);
});

test("what is said of a line counts in its language, and in all where it names none", () => {
  const rushed = { ...hurried("es", "Rushed."), line_id: "u1" };
  const notices = [unsure("u1", "A."), unsure("u1", "B."), rushed, hurried("es", "Of none.")];
  expect([...codesOfLines(notices, "es")]).toEqual([["u1", ["low_confidence", "lines_hard_cap"]]]);
  expect([...codesOfLines(notices, "fr")]).toEqual([["u1", ["low_confidence"]]]);
});

test("no notices, no groups", () => expect(grouped([])).toEqual([]));
