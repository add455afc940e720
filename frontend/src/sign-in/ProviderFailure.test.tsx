import { render, screen } from "@testing-library/react";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { beforeAll, expect, test } from "vitest";
import problems from "../i18n/messages/fr/problems.json";
import words from "../i18n/messages/fr/sign-in.json";
import { ProviderFailure } from "./ProviderFailure";

beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: "fr",
    keySeparator: false,
    nsSeparator: false,
    resources: { fr: { "sign-in": words, problems } },
  });
});

test.each([
  ["unauthenticated", words.notConfirmed],
  ["forbidden", words.notInvited],
  ["sign_in_unavailable", problems.sign_in_unavailable],
  ["<b>made up</b>", problems["internal.hint"]],
])("%s is told in the page's language", (code, said) => {
  render(<ProviderFailure code={code} />);
  expect(screen.getByRole("alert").textContent).toBe(words.failed + said);
});
