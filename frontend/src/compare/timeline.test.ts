import { expect, test } from "vitest";
import type { Line } from "./lines";
import { blocksOf, inView, scaleOf, scrollFor } from "./timeline";

function line(id: string, speakerId: string, startS: number, endS: number, flags: string[] = []) {
  const at = { startS, endS };
  return { id, speakerId, original: at, dubbed: id === "late" ? null : at, fit: { flags } } as unknown as Line;
}

const lines = [line("a", "S2", 0, 3), line("b", "S1", 2, 4, ["moved"]), line("late", "S2", 5, 6)];
const speakers = new Map([["S2", "Katie"], ["S1", "Jo"]]);

test("speakers have colours, and who speaks into another's line a row of their own", () => {
  const blocks = blocksOf(lines, speakers, "original");
  expect(blocks.map(({ id, row, colour }) => [id, row, colour])).toEqual([
    ["a", 0, 0],
    ["b", 1, 1],
    ["late", 0, 0],
  ]);
});

test("the dub shows what is spoken already, and marks what should be heard", () => {
  const blocks = blocksOf(lines, speakers, "dubbed");
  expect(blocks.map(({ number, isFlagged }) => [number, isFlagged])).toEqual([
    [0, false],
    [1, true],
  ]);
});

test("short films fill the width, long ones scroll", () => {
  expect(scaleOf(20, 1000)).toBe(50);
  expect(scaleOf(7200, 1000)).toBe(16);
  expect(scaleOf(0, 1000)).toBe(16);
});

test("of a long film only what is near is drawn", () => {
  const many = Array.from({ length: 2000 }, (_, n) => line(String(n), "S1", n * 4, n * 4 + 3));
  const shown = inView(blocksOf(many, speakers, "original"), 1000, 1060);
  expect(shown.length).toBeLessThan(40);
  expect(shown.some(({ startS }) => startS === 1000)).toBe(true);
});

test("the view follows the playhead", () => {
  expect(scrollFor(100, 0, 1000)).toBeNull();
  expect(scrollFor(900, 0, 1000)).toBe(700);
  expect(scrollFor(50, 500, 1000)).toBe(0);
});
