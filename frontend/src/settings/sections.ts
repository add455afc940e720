import { useQuery } from "@tanstack/react-query";
import { waysQuery } from "../api/queries";
import { useMay } from "../app/role";

/** Every section, and what it takes to have it. */
const SECTIONS = [
  { name: "profile", to: "/settings" },
  { name: "members", to: "/settings/members", accounts: true },
  { name: "keys", to: "/settings/keys", accounts: true, admin: true },
  { name: "webhooks", to: "/settings/webhooks", admin: true },
  { name: "limits", to: "/settings/limits", admin: true },
  { name: "audit", to: "/settings/audit", accounts: true, admin: true },
  { name: "engines", to: "/settings/engines" },
] as const;

export type Section = (typeof SECTIONS)[number];

/** The sections that make sense here for whoever asks; undefined: not known yet. */
export function useSections(): Section[] | undefined {
  const { data: ways } = useQuery(waysQuery);
  const { administer } = useMay();
  if (!ways) return undefined;
  return SECTIONS.filter(
    (each) =>
      (ways.accounts || !("accounts" in each)) && (administer || !("admin" in each)),
  );
}

/** The section of an address, if it is one of those. */
export function sectionAt(path: string, sections: readonly Section[]): Section | undefined {
  const steps = path.split("/").filter(Boolean);
  const wanted = `/${steps.slice(0, 2).join("/")}`;
  return sections.find((each) => each.to === wanted);
}
