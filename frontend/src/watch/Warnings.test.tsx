import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { Dub, Notice } from "polydub-client";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import common from "../i18n/messages/en/common.json";
import compare from "../i18n/messages/en/compare.json";
import dub from "../i18n/messages/en/dub.json";
import warnings from "../i18n/messages/en/warnings.json";
import { speaking } from "../testing/speaking";
import { Warnings } from "./Warnings";

interface LinkProps {
  search: Record<string, string>;
  children: ReactNode;
  "aria-label": string;
}

vi.mock("@tanstack/react-router", () => ({
  Link: ({ search, children, ...rest }: LinkProps) => (
    <a href={`/edit?${String(new URLSearchParams(search))}`} aria-label={rest["aria-label"]}>
      {children}
    </a>
  ),
}));
vi.mock("../compare/film", () => ({
  linesOfDub: () => (language: string) => ({
    queryKey: ["lines", language],
    queryFn: () => ({
      lines: ["u1", "u2", "u3"].map((id, number) => ({ id, original: { startS: 65 * number } })),
    }),
  }),
}));

speaking({ en: { common, compare, dub, warnings } });

function show(state: string, notices: Partial<Notice>[]) {
  const made = { id: "d", state, warnings: notices, languages: [{ language: "es", state }] };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Warnings dub={made as unknown as Dub} />
    </QueryClientProvider>,
  );
}

const unsure = ["u3", "u2"].map((line_id) => {
  return { code: "low_confidence", stage: "asr", line_id, message: `Unsure of ${line_id}.` };
});

test("a line that is told of is named by its time, which leads to where it is corrected", async () => {
  show("completed", unsure);
  const link = await screen.findByRole("link", { name: "Correct the line at 2:10" });
  expect(link.getAttribute("href")).toBe("/edit?language=es&line=u3");
  expect(screen.getAllByRole("link").map((each) => each.textContent)).toEqual(["1:05", "2:10"]);
});

test("who shows more can show fewer again, with the same button", async () => {
  const kinds = Array.from({ length: 6 }, (_, number) => {
    return { code: `of_the_future_${number}`, stage: "asr", message: `Notice ${number}.` };
  });
  show("completed", kinds);
  const more = screen.getByRole("button", { name: "Show 1 more" });
  await userEvent.click(more);
  expect(screen.getByText("Notice 5.")).toBeTruthy();
  expect(more.isConnected && more.textContent).toBe(dub.fewerWarnings);
  expect(document.activeElement).toBe(more);
});

test("while the dub is made there is nothing to correct yet", () => {
  show("processing", unsure);
  expect(screen.getByText(warnings.low_confidence)).toBeTruthy();
  expect(screen.queryByRole("link")).toBeNull();
});
