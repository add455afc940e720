import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, ApiProblem, type DubFilter } from "polydub-client";
import { polydub } from "./polydub";

const MINUTE_MS = 60_000;
const RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (count, error) =>
          count < RETRIES && !(error instanceof ApiProblem && !error.retryable),
      },
    },
  });
}

/** Whoever asks, or null where somebody has to sign in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  staleTime: 5 * MINUTE_MS,
  queryFn: async ({ signal }) => {
    try {
      return await answer(polydub.http.GET("/v1/auth/me", { signal }));
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
});

export const waysQuery = queryOptions({
  queryKey: ["ways"],
  staleTime: Infinity,
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/auth/ways", { signal })),
});

export const languagesQuery = queryOptions({
  queryKey: ["languages"],
  staleTime: MINUTE_MS,
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/languages", { signal })),
});

export const enginesQuery = queryOptions({
  queryKey: ["engines"],
  staleTime: MINUTE_MS,
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/engines", { signal })),
});

export const glossariesQuery = queryOptions({
  queryKey: ["glossaries"],
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/glossaries", { signal })),
});

export const registeredSpeakersQuery = queryOptions({
  queryKey: ["speakers"],
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/speakers", { signal })),
});

/** The voices that speak a language. */
export const voicesQuery = (language: string) =>
  queryOptions({
    queryKey: ["voices", language],
    staleTime: 5 * MINUTE_MS,
    queryFn: ({ signal }) =>
      answer(polydub.http.GET("/v1/voices", { params: { query: { language } }, signal })),
  });

export const DUB_KEY = ["dub"] as const;
export const dubKey = (dubId: string) => [...DUB_KEY, dubId] as const;

export const dubQuery = (dubId: string) =>
  queryOptions({
    queryKey: dubKey(dubId),
    queryFn: ({ signal }) =>
      answer(
        polydub.http.GET("/v1/dubs/{dub_id}", { params: { path: { dub_id: dubId } }, signal }),
      ),
  });

export const videoQuery = (videoId: string) =>
  queryOptions({
    queryKey: ["video", videoId],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      answer(
        polydub.http.GET("/v1/videos/{video_id}", {
          params: { path: { video_id: videoId } },
          signal,
        }),
      ),
  });

export const DUBS_KEY = ["dubs"] as const;
const PAGE_SIZE = 24;

export const dubsQuery = (filter: DubFilter) =>
  infiniteQueryOptions({
    queryKey: [...DUBS_KEY, filter],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      answer(
        polydub.http.GET("/v1/dubs", {
          params: {
            query: { ...filter, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
  });
