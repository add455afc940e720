import { expect, test } from "vitest";
import { isNamed, namesakeOf } from "./speakers";

test("a speaker has a name when somebody gave one", () => {
  expect(isNamed({ id: "S1", name: "S1" })).toBe(false);
  expect(isNamed({ id: "S1", name: "Ada" })).toBe(true);
});

test("names are the same whatever their letters' size and marks", () => {
  const zoe = { name: "Zoe\u0308" };
  expect(namesakeOf(" ZO\u00cb ", [{ name: "Ada" }, zoe])).toBe(zoe);
  expect(namesakeOf("Zoe", [zoe])).toBeUndefined();
});
