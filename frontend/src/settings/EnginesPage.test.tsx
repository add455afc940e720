import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { enginesQuery } from "../api/queries";
import common from "../i18n/messages/en/common.json";
import settings from "../i18n/messages/en/settings.json";
import { knownTo, speaking } from "../testing/speaking";
import { EnginesPage } from "./EnginesPage";

const demucs = {
  id: "demucs",
  name: "Demucs",
  version: "missing-none",
  available: false,
  unavailable_reason: "the package demucs is not installed",
  remedy: "Run `pip install demucs` on the server.",
};
const split = { ...demucs, id: "split", name: "Split", version: "1+demucs?+none", available: true };

speaking({ en: { common, settings } });

function showTo(role: string) {
  const client = knownTo(role);
  const stages = [{ stage: "separation", engines: [demucs, split] }];
  client.setQueryData(enginesQuery.queryKey, { stages } as never);
  render(
    <QueryClientProvider client={client}>
      <EnginesPage />
    </QueryClientProvider>,
  );
  return screen.getAllByRole("listitem").map((row) => row.textContent);
}

test("an admin is told what is missing and what to do, as sentences", () => {
  expect(showTo("admin")).toEqual([
    "Demucs the package demucs is not installed. Run `pip install demucs` on the server." +
      settings.missing,
    `Split 1${settings.works}`,
  ]);
});

test("others are told whom to ask, and nothing of the server", () => {
  expect(showTo("editor")[0]).toBe(`Demucs Not set up here. Ask an admin.${settings.missing}`);
});
