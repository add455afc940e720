import { expect, test } from "vitest";
import { fromCsv, toCsv } from "./csv";

test("what is written is read back as it was", () => {
  const rows = [
    ["bed", 'the "bed", soft', "es"],
    ["two\nlines", "", ""],
    [" kept ", "a;b", "fr"],
  ];
  expect(fromCsv(toCsv(rows))).toEqual(rows);
});

test.each([",", ";", "\t"])("cells may be divided by %j", (delimiter) => {
  const text = `\uFEFFsource${delimiter}target\nbed${delimiter}"lecho ""x"""\n\n`;
  expect(fromCsv(text)).toEqual([
    ["source", "target"],
    ["bed", 'lecho "x"'],
  ]);
});

test("an empty last cell is one, and a quote that never ends takes the rest", () => {
  expect(fromCsv("a,b,")).toEqual([["a", "b", ""]]);
  expect(fromCsv('a,"b\nc')).toEqual([["a", "b\nc"]]);
});
