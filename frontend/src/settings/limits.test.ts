import { expect, test } from "vitest";
import { fieldsOf, halfRate, limitsOf } from "./limits";
import type { OwnLimits } from "./queries";

const own: OwnLimits = {
  minutes_per_month: 600,
  storage_bytes: 1_500_000_000,
  concurrent_jobs: null,
  rates: { write: { quota: 60, window_s: 30 }, sign_in: { quota: 5, window_s: 60 } },
  keys: { key_1: { read: { quota: 30, window_s: 60 } } },
};

test("what was not touched is set as it was, also what the form does not show", () => {
  expect(limitsOf(fieldsOf(own), own)).toEqual(own);
});

test("what is emptied is the default again; gigabytes are told as bytes", () => {
  const fields = { ...fieldsOf(own), minutes: "", gigabytes: "0.25", dubs: "3" };
  fields.rates.write = { quota: "", windowS: "" };
  expect(limitsOf(fields, own)).toMatchObject({
    minutes_per_month: null,
    storage_bytes: 250_000_000,
    concurrent_jobs: 3,
    rates: { sign_in: { quota: 5, window_s: 60 } },
  });
  expect(limitsOf(fields, own).rates).not.toHaveProperty("write");
});

test("a rate needs both of its numbers", () => {
  const fields = fieldsOf(own);
  expect(halfRate(fields)).toBeUndefined();
  fields.rates.read.quota = "9";
  expect(halfRate(fields)).toBe("read");
});
