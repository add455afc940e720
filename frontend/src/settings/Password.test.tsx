import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { beforeAll, expect, test, vi } from "vitest";
import { polydub } from "../api/polydub";
import problems from "../i18n/messages/de/problems.json";
import settings from "../i18n/messages/de/settings.json";
import { Password } from "./ProfilePage";

beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: "de",
    keySeparator: false,
    nsSeparator: false,
    resources: { de: { settings, problems } },
  });
});

test("a wrong present password is told as that, not as something forbidden", async () => {
  const error = { code: "forbidden", status: 403, detail: "The current password is wrong." };
  const response = new Response(null, { status: 403 });
  vi.spyOn(polydub.http, "POST").mockResolvedValue({ error, response } as never);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Password />
    </QueryClientProvider>,
  );
  await userEvent.type(screen.getByLabelText(settings.passwordNow), "wrong");
  await userEvent.type(screen.getByLabelText(settings.passwordNew), "a long new password");
  await userEvent.click(screen.getByRole("button", { name: settings.passwordChange }));
  expect((await screen.findByRole("alert")).textContent).toBe(settings.passwordWrong);
});
