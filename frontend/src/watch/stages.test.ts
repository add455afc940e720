import type { Dub, Progress } from "polydub-client";
import { expect, test } from "vitest";
import { hasEnded, isDelivered, stagesOf, standingOf } from "./stages";

const progress = {
  state: "processing",
  stage: "asr",
  stage_progress: 0.4,
  metrics: {
    pieces: {
      separation: { done: 1, total: 1 },
      asr: { done: 1, total: 4 },
      tts: { done: 0, total: 0 },
    },
  },
} as unknown as Progress;

test("each stage stands by its pieces, the current one by what it tells", () => {
  expect(stagesOf(progress)).toEqual([
    { name: "separation", fraction: 1, done: 1, total: 1, isActive: false },
    { name: "asr", fraction: 0.4, done: 1, total: 4, isActive: true },
    { name: "tts", fraction: 0, done: 0, total: 0, isActive: false },
  ]);
});

test("nothing is active in a dub that has ended", () => {
  expect(stagesOf({ ...progress, state: "failed" }).some((stage) => stage.isActive)).toBe(false);
  expect(["queued", "processing"].map(hasEnded)).toEqual([false, false]);
  expect(["failed", "canceled"].map(isDelivered)).toEqual([false, false]);
  expect(["completed", "stale"].map(isDelivered)).toEqual([true, true]);
});

test("a dub of which something was corrected is not what it was any more", () => {
  const dub = (state: string, ...languages: string[]) =>
    ({ state, languages: languages.map((each) => ({ state: each })) }) as unknown as Dub;
  expect(standingOf(dub("completed", "completed", "stale"))).toBe("stale");
  expect(standingOf(dub("completed_with_warnings", "completed"))).toBe("completed_with_warnings");
  expect(standingOf(dub("processing", "stale"))).toBe("processing");
});
