import { expect, test } from "vitest";
import { fitOf } from "./fit";

test("where a line stands is told by what it is", () => {
  const fit = fitOf({ flags: ["overlapped"], source_start_ms: 0, placed_start_ms: 300, tempo: 1.4 });
  expect(fit?.flags).toEqual(["overlapped"]);
  expect(fit?.said).toEqual([
    { key: "late", ms: 300 },
    { key: "faster", times: 1.4 },
  ]);
  expect(fitOf(null)).toBeNull();
});

test("the worst is told first, and what is not known here is told as something to hear", () => {
  expect(fitOf({ flags: ["made_up", "hard_cap", "truncated", "new_too"] })?.flags).toEqual([
    "truncated",
    "hard_cap",
    "other",
  ]);
  expect(fitOf({ flags: "hard_cap" })?.flags).toEqual([]);
  expect(fitOf({ flags: ["original_kept"], tempo: 2 })?.said).toEqual([{ key: "kept" }]);
});
