import { expect, test } from "vitest";
import type { Speaker } from "./history";
import { patchOf } from "./speakerPatch";

const LANGUAGES = ["es", "fr"];
const nobody: Speaker = { id: "S1", name: "S1", voices: {}, registered_id: null };
const ada: Speaker = { id: "S1", name: "Ada", voices: { es: "ana" }, registered_id: "spk_ada" };

test("only what differs is told", () => {
  const named = { ...nobody, name: "Ada" };
  expect(patchOf(nobody, named, nobody, LANGUAGES)).toEqual({ name: "Ada" });
  const voiced = { ...ada, voices: {} };
  expect(patchOf(ada, voiced, ada, LANGUAGES)).toEqual({ voices: { es: null } });
  expect(patchOf(nobody, named, named, LANGUAGES)).toBeNull();
});

test("what somebody else changed meanwhile stays", () => {
  const known = { ...nobody, name: "Eve", voices: { fr: "luc" } };
  const after = { ...nobody, voices: { es: "ana" } };
  expect(patchOf(nobody, after, known, LANGUAGES)).toEqual({ voices: { es: "ana" } });
});

test("a link that is undone takes its name and voices with it", () => {
  expect(patchOf(ada, nobody, ada, LANGUAGES)).toEqual({
    name: "S1",
    voices: { es: null },
    registered_id: null,
  });
});

test("a link that is done again brings the name and the voices of then, whatever they are now", () => {
  expect(patchOf(nobody, ada, nobody, LANGUAGES)).toEqual({
    name: "Ada",
    voices: { es: "ana", fr: null },
    registered_id: "spk_ada",
  });
});

test("who is linked already is not linked again", () => {
  expect(patchOf(nobody, ada, { ...ada, name: "Eve" }, LANGUAGES)).toEqual({ name: "Ada" });
});

test("who was merged away comes back whole", () => {
  expect(patchOf(ada, ada, nobody, LANGUAGES)).toEqual({
    name: "Ada",
    voices: { es: "ana", fr: null },
    registered_id: "spk_ada",
  });
});
