import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import problems from "../i18n/messages/fr/problems.json";
import words from "../i18n/messages/fr/sign-in.json";
import { speaking } from "../testing/speaking";
import { ProviderFailure } from "./ProviderFailure";

speaking({ fr: { "sign-in": words, problems } });

test.each([
  ["unauthenticated", words.notConfirmed],
  ["forbidden", words.notInvited],
  ["sign_in_unavailable", problems.sign_in_unavailable],
  ["<b>made up</b>", problems["internal.hint"]],
])("%s is told in the page's language", (code, said) => {
  render(<ProviderFailure code={code} />);
  expect(screen.getByRole("alert").textContent).toBe(words.failed + said);
});
