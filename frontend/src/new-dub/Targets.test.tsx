import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { beforeAll, expect, test } from "vitest";
import { meQuery } from "../api/queries";
import common from "../i18n/messages/de/common.json";
import messages from "../i18n/messages/de/new-dub.json";
import type { Offer } from "./offers";
import { Targets } from "./Targets";

const offer: Offer = {
  tag: "ja",
  isPossible: false,
  via: [],
  reason: { kind: "engine", engine: "Language model", remedy: "Set POLYDUB_TRANSLATION_LLM_MODEL." },
};

beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: "de",
    defaultNS: "common",
    keySeparator: false,
    nsSeparator: false,
    resources: { de: { common, "new-dub": messages } },
  });
});

test.each([
  ["admin", "Language model: Set POLYDUB_TRANSLATION_LLM_MODEL."],
  ["editor", "Hier nicht eingerichtet. Bitte einen Admin fragen."],
])("why a language is not offered is told to an %s as: %s", async (role, why) => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  client.setQueryData(meQuery.queryKey, { role, read_only: false } as never);
  render(
    <QueryClientProvider client={client}>
      <Targets offers={[offer]} chosen={[]} onChange={() => {}} />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("combobox"));
  const choice = await screen.findByRole("option");
  expect(choice.textContent).toBe(`Japanisch${why}`);
});
