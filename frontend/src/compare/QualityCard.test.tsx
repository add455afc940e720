import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import compare from "../i18n/messages/en/compare.json";
import fit from "../i18n/messages/en/fit.json";
import warnings from "../i18n/messages/en/warnings.json";
import { speaking } from "../testing/speaking";
import type { Line } from "./lines";
import { QualityCard } from "./QualityCard";

speaking({ en: { compare, fit, warnings } });

const line = (id: string): Line => ({
  id,
  speakerId: "s",
  original: { startS: 1, endS: 2 },
  dubbed: null,
  sourceText: "",
  text: `Text of ${id}`,
  fit: { flags: [], said: [] },
  uploadedStartS: 1,
});

function show(noticed: ReadonlyMap<string, readonly string[]>) {
  const lines = ["u1", "u2"].map(line);
  const report = { lines: 2, quality: 78 };
  render(
    <QualityCard report={report} lines={lines} noticed={noticed} reportUrl={null} onLine={() => {}} />,
  );
}

test("a line that a stage has a notice of needs a look, and says why", () => {
  show(new Map([["u2", ["low_confidence", "of_the_future"]]]));
  expect(screen.queryByText(compare["quality.flaggedNone"])).toBeNull();
  expect(screen.getByText("1 line should be heard before it is published.")).toBeTruthy();
  const row = screen.getByText("Text of u2").closest("li");
  expect(row?.textContent).toContain(warnings.low_confidence);
  expect(row?.textContent).toContain(fit["flag.other"]);
  expect(screen.queryByText("Text of u1")).toBeNull();
});

test("the figure is named for what it measures, and what it does not is said", () => {
  show(new Map());
  expect(screen.getByRole("heading").textContent).toBe("Timing and sound");
  expect(screen.getByText(compare["quality.unmeasured"])).toBeTruthy();
  expect(screen.getByText(compare["quality.flaggedNone"])).toBeTruthy();
});
