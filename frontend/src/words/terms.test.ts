import { expect, test } from "vitest";
import { toCsv } from "../app/csv";
import { csvOf, faultOf, imported, MOST_TERMS, newRow, rowsOf, shownOf, termsOf } from "./terms";

const bed = { source: "bed", target: "lecho", target_language: "es" };
const brand = { source: "Polydub", target: "", target_language: "" };

test("a glossary goes out as a file and comes back the same", () => {
  const rows = rowsOf([bed, brand]);
  expect(termsOf(imported(toCsv(csvOf(rows)), []))).toEqual([bed, brand]);
});

test("columns may stand in another order, and without names in ours", () => {
  expect(termsOf(imported("target;source\nlecho;bed", []))).toEqual([
    { ...bed, target_language: "" },
  ]);
  expect(termsOf(imported("bed,lecho,es", []))).toEqual([bed]);
});

test("what is there already is not taken twice", () => {
  expect(imported("bed,lecho,es\nbed,lecho,es\nbed,cama,es", rowsOf([bed]))).toMatchObject([
    { target: "cama" },
  ]);
});

test("empty lines are no terms; words without a term are a mistake, and so are too many", () => {
  expect(termsOf([newRow(), newRow(" bed ", "lecho", "es")])).toEqual([bed]);
  const lacking = newRow("", "lecho");
  expect(faultOf([newRow("bed"), lacking])).toEqual({ fault: "noTerm", key: lacking.key });
  const many = Array.from({ length: MOST_TERMS + 1 }, (_, n) => newRow(`term ${n}`));
  expect(faultOf(many)).toEqual({ fault: "tooMany" });
  expect(faultOf(many.slice(1))).toBeNull();
});

test("a language shows its own terms and those of every language", () => {
  const rows = rowsOf([bed, brand, { ...bed, target: "lit", target_language: "fr" }]);
  expect(shownOf(rows, "", "es").map((row) => row.target)).toEqual(["lecho", ""]);
  expect(shownOf(rows, "LIT", "").map((row) => row.target)).toEqual(["lit"]);
});
