import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { polydub } from "../api/polydub";
import { dubKey } from "../api/queries";
import common from "../i18n/messages/en/common.json";
import dub from "../i18n/messages/en/dub.json";
import { knownTo, speaking } from "../testing/speaking";
import { StaleNote } from "./StaleNote";

speaking({ en: { common, dub } });

function showTo(role: string): QueryClient {
  const client = knownTo(role);
  render(
    <QueryClientProvider client={client}>
      <StaleNote dubId="d" />
    </QueryClientProvider>,
  );
  return client;
}

test("what was corrected is made anew from where it is said", async () => {
  const made = { id: "d", state: "queued" };
  const data = { dub: made };
  const asked = vi
    .spyOn(polydub.http, "POST")
    .mockResolvedValue({ data, response: new Response() } as never);
  const client = showTo("editor");
  await userEvent.click(screen.getByRole("button", { name: dub.regenerate }));
  await waitFor(() => expect(client.getQueryData(dubKey("d"))).toEqual(made));
  expect(asked).toHaveBeenCalledWith("/v1/dubs/{dub_id}/regenerate", {
    params: { path: { dub_id: "d" } },
  });
});

test("who may not is only told", () => {
  showTo("viewer");
  expect(screen.getByText(dub.stale)).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});
