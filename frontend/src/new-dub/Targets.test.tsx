import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import common from "../i18n/messages/de/common.json";
import messages from "../i18n/messages/de/new-dub.json";
import { knownTo, speaking } from "../testing/speaking";
import type { Offer } from "./offers";
import { Targets } from "./Targets";

const offer: Offer = {
  tag: "ja",
  isPossible: false,
  via: [],
  reason: { kind: "engine", engine: "Language model", remedy: "Set POLYDUB_TRANSLATION_LLM_MODEL." },
};

speaking({ de: { common, "new-dub": messages } });

test.each([
  ["admin", "Language model: Set POLYDUB_TRANSLATION_LLM_MODEL."],
  ["editor", "Hier nicht eingerichtet. Bitte einen Admin fragen."],
])("why a language is not offered is told to an %s as: %s", async (role, why) => {
  const client = knownTo(role);
  render(
    <QueryClientProvider client={client}>
      <Targets offers={[offer]} chosen={[]} onChange={() => {}} />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("combobox"));
  const choice = await screen.findByRole("option");
  expect(choice.textContent).toBe(`Japanisch${why}`);
});
