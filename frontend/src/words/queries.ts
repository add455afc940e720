import { infiniteQueryOptions, queryOptions, useQuery } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { polydub } from "../api/polydub";
import { glossariesQuery, languagesQuery } from "../api/queries";
import { useFormat } from "../i18n/format";

const MEMORY_PAGE = 500;

export const GLOSSARIES_KEY = glossariesQuery.queryKey;

export const glossaryQuery = (glossaryId: string) =>
  queryOptions({
    queryKey: ["glossary", glossaryId],
    // What is being edited must not change under someone's hands.
    staleTime: Infinity,
    gcTime: 0,
    queryFn: ({ signal }) =>
      answer(
        polydub.http.GET("/v1/glossaries/{glossary_id}", {
          params: { path: { glossary_id: glossaryId } },
          signal,
        }),
      ),
  });

export const memoryQuery = (language: string) =>
  infiniteQueryOptions({
    queryKey: ["memory", language],
    initialPageParam: "",
    enabled: language !== "",
    queryFn: ({ pageParam, signal }) =>
      answer(
        polydub.http.GET("/v1/memory", {
          params: {
            query: {
              target_language: language,
              limit: MEMORY_PAGE,
              ...(pageParam && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
  });

export interface LanguageChoice {
  tag: string;
  name: string;
}

/** Languages to choose from: those that are dubbed into here, and those in use already. */
export function useTargetLanguages(used: readonly string[] = []): LanguageChoice[] {
  const { data } = useQuery(languagesQuery);
  const format = useFormat();
  const tags = new Set([...(data?.pairs.map((pair) => pair.target) ?? []), ...used]);
  tags.delete("");
  return [...tags]
    .map((tag) => ({ tag, name: format.language(tag) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
