import { render, screen } from "@testing-library/react";
import i18next from "i18next";
import { expect, test } from "vitest";
import german from "../i18n/messages/de/problems.json";
import english from "../i18n/messages/en/problems.json";
import { speaking } from "../testing/speaking";
import { ProblemNote } from "./ProblemNote";

speaking({ en: { problems: english, common: {} }, de: { problems: german, common: {} } });

async function told(language: string, code: string, hint = "What to do."): Promise<string[]> {
  await i18next.changeLanguage(language);
  const fault = { code, message: "What happened.", hint, stage: "", retryable: false };
  render(<ProblemNote error={fault} />);
  return [...screen.getByRole("alert").querySelectorAll("p, p + div")].map(
    (each) => each.textContent,
  );
}

test("a code that says all is told in the page's language alone", async () => {
  expect(await told("de", "no_audio_stream")).toEqual([german.no_audio_stream]);
  expect(screen.queryByText("What happened.")).toBeNull();
});

test("a code that stands for many things is told with the gateway's sentence, marked as English", async () => {
  expect(await told("de", "conflict")).toEqual([german.conflict, "What happened."]);
  expect(screen.getByText("What happened.").lang).toBe("en");
});

test("what the page has advice for is told with its own", async () => {
  expect(await told("de", "internal")).toEqual([german.internal, german["internal.hint"]]);
});

test("in English the gateway's own words are told", async () => {
  expect(await told("en", "conflict")).toEqual(["What happened.", "What to do."]);
});

test("what the gateway says twice is told once", async () => {
  expect(await told("en", "conflict", "What happened, so it ends.")).toEqual(["What happened."]);
});

test("so are codes that the page does not know", async () => {
  expect(await told("de", "of_the_future")).toEqual(["What happened.", "What to do."]);
});
