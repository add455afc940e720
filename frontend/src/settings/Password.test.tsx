import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { polydub } from "../api/polydub";
import problems from "../i18n/messages/de/problems.json";
import settings from "../i18n/messages/de/settings.json";
import { speaking } from "../testing/speaking";
import { Password } from "./ProfilePage";

speaking({ de: { settings, problems } });

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
