import type { OwnLimits } from "./queries";

/** Calls that are counted together, of those whose rate an organisation sets. */
export const CALL_CLASSES = ["read", "write", "upload"] as const;
export type CallClass = (typeof CALL_CLASSES)[number];
const GIGABYTE = 1e9;

/** What stands in the form; empty: the default. */
export interface LimitFields {
  minutes: string;
  gigabytes: string;
  dubs: string;
  rates: Record<CallClass, { quota: string; windowS: string }>;
}

export function fieldsOf(own: OwnLimits): LimitFields {
  const rate = (name: CallClass) => ({
    quota: textOf(own.rates?.[name]?.quota),
    windowS: textOf(own.rates?.[name]?.window_s),
  });
  return {
    minutes: textOf(own.minutes_per_month),
    gigabytes: textOf(own.storage_bytes == null ? null : own.storage_bytes / GIGABYTE),
    dubs: textOf(own.concurrent_jobs),
    rates: { read: rate("read"), write: rate("write"), upload: rate("upload") },
  };
}

/** What is to be set. Limits are set as a whole: what the form does not show stays as it was. */
export function limitsOf(fields: LimitFields, before: OwnLimits): OwnLimits {
  const unseen = Object.entries(before.rates ?? {}).filter(([name]) => !isShown(name));
  const set = CALL_CLASSES.flatMap((name) => {
    const quota = numberOf(fields.rates[name].quota);
    const window_s = numberOf(fields.rates[name].windowS);
    return quota === null || window_s === null ? [] : [[name, { quota, window_s }] as const];
  });
  const gigabytes = numberOf(fields.gigabytes);
  return {
    minutes_per_month: numberOf(fields.minutes),
    storage_bytes: gigabytes === null ? null : Math.round(gigabytes * GIGABYTE),
    concurrent_jobs: numberOf(fields.dubs),
    rates: Object.fromEntries([...unseen, ...set]),
    keys: before.keys ?? {},
  };
}

/** A rate needs both of its numbers. */
export function halfRate(fields: LimitFields): CallClass | undefined {
  return CALL_CLASSES.find((name) => {
    const { quota, windowS } = fields.rates[name];
    return (quota.trim() === "") !== (windowS.trim() === "");
  });
}

function isShown(name: string): boolean {
  return (CALL_CLASSES as readonly string[]).includes(name);
}

function textOf(value: number | null | undefined): string {
  return value == null ? "" : String(value);
}

function numberOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}
