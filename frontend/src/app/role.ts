import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../api/queries";

/** What whoever uses the page may do: what is false is not offered. */
export function useMay(): { edit: boolean; administer: boolean } {
  const { data: me } = useQuery(meQuery);
  const role = me?.read_only ? "viewer" : me?.role;
  return { edit: role === "editor" || role === "admin", administer: role === "admin" };
}
