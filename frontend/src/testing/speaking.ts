import { QueryClient } from "@tanstack/react-query";
import i18next, { type Resource } from "i18next";
import { initReactI18next } from "react-i18next";
import { beforeAll } from "vitest";
import { meQuery } from "../api/queries";

/** Gives the tests of a file these messages, by language and area; the first language is spoken. */
export function speaking(messages: Resource): void {
  beforeAll(async () => {
    await i18next.use(initReactI18next).init({
      lng: Object.keys(messages)[0] ?? "en",
      fallbackLng: "en",
      defaultNS: "common",
      keySeparator: false,
      nsSeparator: false,
      resources: messages,
    });
  });
}

/** What was fetched, when someone of this role is signed in; nothing is fetched anew. */
export function knownTo(role: string): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  client.setQueryData(meQuery.queryKey, { role, read_only: false } as never);
  return client;
}
