import { render, screen } from "@testing-library/react";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { beforeAll, expect, test } from "vitest";
import edit from "../i18n/messages/en/edit.json";
import fit from "../i18n/messages/en/fit.json";
import { FitBox } from "./FitBox";
import type { Entry } from "./state";

beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: "en",
    keySeparator: false,
    nsSeparator: false,
    resources: { en: { edit, fit } },
  });
});

test.each([
  [{}, fit.good],
  [{ tempo: 1.1 }, fit.good],
  [{ placed_end_ms: 1000 }, fit.long],
  [{ placed_end_ms: 1000, flags: ["overlapped"] }, fit["flag.overlapped.title"]],
])("a line of %o is told as: %s", (told, title) => {
  render(<FitBox entry={{ known: { fit: told, confidence: 1 } } as unknown as Entry} />);
  expect(screen.getByRole("status").querySelector("p")?.textContent).toBe(title);
});
