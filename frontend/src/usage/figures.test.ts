import { expect, test } from "vitest";
import { axisTop, dubsCsv, lastMonths, monthsCsv, quotasOf } from "./figures";
import type { DubUsage, Month, Usage } from "./queries";

const month = (name: string, minutes: number): Month => ({
  month: name,
  minutes,
  languages: 2,
  jobs: { completed: 2, processing: 1, queued: 3 },
  usage: [],
  cost: null,
});
const usage: Usage = {
  months: [month("2026-02", 20), month("2025-12", 7)],
  storage_bytes: 5,
  quotas: { minutes_per_month: 60, storage_bytes: null, concurrent_jobs: 5 },
  currency: "EUR",
};

test("twelve months, with those between in which nothing was used", () => {
  const shown = lastMonths(usage.months);
  expect(shown.map((each) => each.month).slice(0, 2)).toEqual(["2025-03", "2025-04"]);
  expect(shown.slice(-3).map((each) => each.minutes)).toEqual([7, 0, 20]);
  expect(lastMonths([])).toEqual([]);
});

test.each([
  [0, 1],
  [0.03, 0.05],
  [7, 10],
  [21, 25],
  [100, 100],
  [101, 200],
])("an axis for %d ends at %d", (value, top) => expect(axisTop(value)).toBeCloseTo(top));

test("dubs that wait or work count as at a time", () => {
  expect(quotasOf(usage)).toEqual([
    { kind: "minutes", used: 20, allowed: 60 },
    { kind: "storage", used: 5, allowed: null },
    { kind: "dubs", used: 4, allowed: 5 },
  ]);
});

test("files have every month and every dub, and nothing where there is no price", () => {
  expect(monthsCsv(usage)[1]).toEqual(["2026-02", 20, 2, 6, null, "EUR"]);
  const dub = { dub_id: "dub_1", month: "2026-02", state: "failed", cost: 0.5 } as DubUsage;
  expect(dubsCsv([dub], "EUR")[1]).toMatchObject({ 0: "dub_1", 4: "failed", 7: 0.5, 8: "EUR" });
});
