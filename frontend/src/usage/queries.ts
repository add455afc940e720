import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, type components } from "polydub-client";
import { polydub } from "../api/polydub";

export type Usage = components["schemas"]["OrganisationUsageOut"];
export type Month = components["schemas"]["MonthOut"];
export type DubUsage = components["schemas"]["DubUsageOut"];
type DubUsagePage = components["schemas"]["DubUsagePage"];

const SHOWN_AT_A_TIME = 20;
const FETCHED_AT_A_TIME = 100;

export const usageQuery = queryOptions({
  queryKey: ["usage"],
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/usage", { signal })),
});

export const dubUsageQuery = (month: string) =>
  infiniteQueryOptions({
    queryKey: ["usage", "dubs", month],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => page(month, pageParam, SHOWN_AT_A_TIME, signal),
    getNextPageParam: (found) => found.next_cursor,
  });

/** What every dub of a month counts for; of all months, where none is named. */
export async function allDubUsage(month: string): Promise<DubUsage[]> {
  const found: DubUsage[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const next: DubUsagePage = await page(month, cursor, FETCHED_AT_A_TIME);
    found.push(...next.dubs);
    cursor = next.next_cursor;
  }
  return found;
}

function page(
  month: string,
  cursor: string,
  limit: number,
  signal?: AbortSignal,
): Promise<DubUsagePage> {
  const query = { limit, ...(month && { month }), ...(cursor && { cursor }) };
  return answer(
    polydub.http.GET("/v1/usage/dubs", { params: { query }, signal: signal ?? null }),
  );
}
