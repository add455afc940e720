import { expect, test } from "vitest";
import { chosenOf, stateOf } from "./voices";

test("a language without a voice is not kept", () => {
  expect(chosenOf({ es: "piper/ana", fr: "" })).toEqual({ es: "piper/ana" });
});

test("only what would be kept is a change", () => {
  const kept = stateOf("Ada", { es: "piper/ana", fr: "piper/luc" });
  expect(stateOf(" Ada ", { fr: "piper/luc", es: "piper/ana", de: "" })).toBe(kept);
  expect(stateOf("Ada", { es: "piper/ana" })).not.toBe(kept);
  expect(stateOf("Eve", { es: "piper/ana", fr: "piper/luc" })).not.toBe(kept);
  expect(stateOf("Ada", { es: "piper/luc", fr: "piper/ana" })).not.toBe(kept);
});
