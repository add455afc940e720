import { expect, test } from "vitest";
import { sectionAt } from "./sections";

const sections = [
  { name: "profile", to: "/settings" },
  { name: "webhooks", to: "/settings/webhooks", admin: true },
] as const;

test.each([
  ["/settings", "profile"],
  ["/settings/", "profile"],
  ["/settings/webhooks", "webhooks"],
  ["/settings/webhooks/whe_1", "webhooks"],
  ["/settings/keys", undefined],
])("%s is in the section %s", (path, name) =>
  expect(sectionAt(path, sections)?.name).toBe(name),
);
