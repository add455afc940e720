import { expect, test } from "vitest";
import { latinKey } from "./latinKey";

test.each([
  ["я", "KeyZ", "z"],
  ["Я", "KeyZ", "Z"],
  ["ش", "KeyA", "a"],
  ["ِ", "KeyA", "a"],
  ["٣", "Digit3", "3"],
])("%s, where %s lies, is %s", (key, code, name) => expect(latinKey({ key, code })).toBe(name));

test.each([
  ["w", "KeyZ"],
  ["é", "Digit2"],
  ["?", "Digit7"],
  [";", "KeyZ"],
  ["ә", "Digit2"],
  ["Dead", "KeyE"],
  ["Enter", "Enter"],
])("%s stays what it is, where %s lies", (key, code) => expect(latinKey({ key, code })).toBe(key));
