import type { Row } from "../app/csv";
import type { DubUsage, Month, Usage } from "./queries";

const MONTHS_SHOWN = 12;
/** Ends of an axis that people read at once, times a power of ten. */
const ROUND = [1, 2, 2.5, 5, 10];
const RUNNING = ["queued", "processing"];

/** The last twelve months, oldest first; months in which nothing was used count zero. */
export function lastMonths(months: readonly Month[]): Month[] {
  const newest = months[0]?.month;
  if (!newest) return [];
  const known = new Map(months.map((each) => [each.month, each]));
  const [year = 0, month = 1] = newest.split("-").map(Number);
  return Array.from({ length: MONTHS_SHOWN }, (_, n) => {
    const back = new Date(Date.UTC(year, month - 1 - (MONTHS_SHOWN - 1 - n), 1));
    const name = back.toISOString().slice(0, 7);
    return known.get(name) ?? { month: name, minutes: 0, languages: 0, jobs: {}, usage: [], cost: 0 };
  });
}

/** The top of an axis on which a value fits: 1, 2, 2.5 or 5 times a power of ten. */
export function axisTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (ROUND.find((each) => each * power >= value) ?? 10) * power;
}

/** Minutes as people read them. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

export interface Quota {
  kind: "minutes" | "storage" | "dubs";
  used: number;
  /** null: as much as anyone likes. */
  allowed: number | null;
}

/** What may be used, and how much of it is. */
export function quotasOf(usage: Usage): Quota[] {
  const now = usage.months[0];
  const running = RUNNING.reduce((sum, state) => sum + (now?.jobs[state] ?? 0), 0);
  const { minutes_per_month, storage_bytes, concurrent_jobs } = usage.quotas;
  return [
    { kind: "minutes", used: now?.minutes ?? 0, allowed: minutes_per_month },
    { kind: "storage", used: usage.storage_bytes, allowed: storage_bytes },
    { kind: "dubs", used: running, allowed: concurrent_jobs },
  ];
}

/** How many dubs began in a month, whatever became of them. */
export function dubsOf(month: Month): number {
  return Object.values(month.jobs).reduce((sum, count) => sum + count, 0);
}

export function monthsCsv({ months, currency }: Usage): Row[] {
  return [
    ["month", "minutes", "languages", "dubs", "cost", "currency"],
    ...months.map((each) => [
      each.month,
      each.minutes,
      each.languages,
      dubsOf(each),
      each.cost,
      currency,
    ]),
  ];
}

export function dubsCsv(dubs: readonly DubUsage[], currency: string): Row[] {
  return [
    ["dub_id", "video_id", "created_at", "month", "state", "minutes", "languages", "cost", "currency"],
    ...dubs.map((each) => [
      each.dub_id,
      each.video_id,
      each.created_at,
      each.month,
      each.state,
      each.minutes,
      each.languages,
      each.cost,
      currency,
    ]),
  ];
}
