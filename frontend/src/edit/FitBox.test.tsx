import { render, screen } from "@testing-library/react";
import type { Segment } from "polydub-client";
import { expect, test } from "vitest";
import edit from "../i18n/messages/en/edit.json";
import fit from "../i18n/messages/en/fit.json";
import { speaking } from "../testing/speaking";
import { FitBox } from "./FitBox";

speaking({ en: { edit, fit } });

test.each([
  [{}, fit.good],
  [{ tempo: 1.1 }, fit.good],
  [{ placed_end_ms: 1000 }, fit.long],
  [{ placed_end_ms: 1000, flags: ["overlapped"] }, fit["flag.overlapped.title"]],
])("a line of %o is told as: %s", (told, title) => {
  render(<FitBox known={{ fit: told, confidence: 1 } as Segment} />);
  expect(screen.getByRole("status").querySelector("p")?.textContent).toBe(title);
});
