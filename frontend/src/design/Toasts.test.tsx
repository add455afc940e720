import { render, screen } from "@testing-library/react";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { expect, test } from "vitest";
import common from "../i18n/messages/ru/common.json";
import { Toasts } from "./Toasts";

test("where notes come up is named in the page's language", async () => {
  await i18next.use(initReactI18next).init({
    lng: "ru",
    defaultNS: "common",
    keySeparator: false,
    nsSeparator: false,
    resources: { ru: { common } },
  });
  render(<Toasts>{null}</Toasts>);
  expect(await screen.findByRole("region", { name: common.toasts })).toBeTruthy();
});
