import { queryOptions } from "@tanstack/react-query";
import { answer, type Estimate, type Video } from "polydub-client";
import { polydub } from "../api/polydub";
import { requestOf, type Options } from "./options";

/** What dubs of some videos would take. Nothing is started. */
export const estimateQuery = (options: Options, videos: readonly Video[]) => {
  const requests = videos.map((video) => requestOf(options, video.id, "-"));
  return queryOptions({
    queryKey: ["estimates", requests],
    staleTime: 60_000,
    retry: false,
    queryFn: ({ signal }) =>
      Promise.all(
        requests.map((body) => answer(polydub.http.POST("/v1/estimates", { body, signal }))),
      ),
  });
};

export interface Sum {
  seconds: number | null;
  secondsAtMost: number | null;
  /** Null where something has no price or was not measured. */
  cost: number | null;
  currency: string;
}

/** The estimates together; null where there is none. */
export function sumOf(estimates: readonly Estimate[]): Sum | null {
  const first = estimates[0];
  if (!first) return null;
  return {
    seconds: total(estimates.map((each) => each.seconds)),
    secondsAtMost: total(estimates.map((each) => each.seconds_at_most)),
    cost: total(estimates.map((each) => each.cost)),
    currency: first.currency,
  };
}

/** Null as soon as one is not known. */
function total(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}
