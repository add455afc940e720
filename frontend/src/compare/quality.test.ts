import { expect, test } from "vitest";
import { qualityOf } from "./quality";

const report = {
  lines: 8,
  quality: 83.2,
  heard_onset_offset_ms: { p50: 8, p95: 212.4 },
  tempo: { p95: 1.31 },
  loudness_delta_lu: -1.84,
};

test("figures become things to say, with what to worry about", () => {
  expect(qualityOf(report, 2)).toEqual({
    score: 83,
    verdict: "verdict.good",
    tone: "good",
    findings: [
      { key: "quality.onset", value: 212, tone: "warn" },
      { key: "quality.tempo", value: 31, tone: "warn" },
      { key: "quality.quieter", value: 1.8, tone: "warn" },
      { key: "quality.flagged", value: 2, tone: "warn" },
    ],
  });
});

test("a report without trouble says so; one without lines says nothing", () => {
  const quality = qualityOf({ lines: 3, quality: 96, tempo: { p95: 1 } }, 0);
  expect(quality?.verdict).toBe("verdict.veryGood");
  expect(quality?.findings.every(({ tone }) => tone === "good")).toBe(true);
  expect(qualityOf({}, 0)).toBeNull();
});
