import { expect, test } from "vitest";
import { asSentence, repeats } from "./sentences";

test.each([
  ["the package is not installed", "the package is not installed."],
  ["It is there.", "It is there."],
  ["没有声音。", "没有声音。"],
  ["", ""],
])("%o becomes the sentence %o", (text, sentence) => expect(asSentence(text)).toBe(sentence));

test("what begins with all of another text repeats it", () => {
  expect(repeats("The file has no sound, so there is nothing to dub.", "The file has no sound.")).toBe(true);
  expect(repeats("Choose another file.", "The file has no sound.")).toBe(false);
  expect(repeats("Choose another file.", "")).toBe(false);
});
