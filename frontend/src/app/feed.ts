import { useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { ApiProblem, type Dub, type DubPage, type FeedChange } from "polydub-client";
import { useEffect } from "react";
import { polydub } from "../api/polydub";
import { DUB_KEY, DUBS_KEY, dubKey } from "../api/queries";
import { notifyOfEnd } from "../watch/notifying";

const ENDED = new Set(["completed", "completed_with_warnings", "failed", "canceled", "deleted"]);
/** Changes that come close together lead to one new fetch of the lists. */
const SETTLE_MS = 800;

/** Keeps every list of dubs as it is at the gateway, for as long as the page is open. */
export function useDubFeed(): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const stop = new AbortController();
    void keepCurrent(queryClient, stop.signal);
    return () => stop.abort();
  }, [queryClient]);
}

async function keepCurrent(queryClient: QueryClient, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking: typeof timer;
  let isFirst = true;
  const fetchAnew = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void queryClient.invalidateQueries({ queryKey: DUBS_KEY }), SETTLE_MS);
  };
  /** What was fetched, or was on its way, while nobody was listening. */
  const lookAgain = () => {
    clearTimeout(looking);
    looking = setTimeout(() => void queryClient.invalidateQueries({ queryKey: DUB_KEY }), SETTLE_MS);
    fetchAnew();
  };
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    clearTimeout(looking);
  });
  try {
    for await (const { message } of polydub.followDubs({ transport: "socket", signal })) {
      if ("missed" in message) {
        if (message.missed || isFirst) lookAgain();
        isFirst = false;
        continue;
      }
      const isListed = changeLists(queryClient, message);
      if (ENDED.has(message.state) || isOver(queryClient, message.job_id)) {
        void queryClient.invalidateQueries({ queryKey: dubKey(message.job_id) });
      }
      if (ENDED.has(message.state)) notifyOfEnd(message);
      if (!isListed || ENDED.has(message.state)) fetchAnew();
    }
  } catch (error) {
    // Signed out, or not allowed any more: the routes find out and say so.
    if (!(error instanceof ApiProblem)) throw error;
  }
}

/** Whether a dub was over when it was fetched: what is told of it now is of its being made anew. */
function isOver(queryClient: QueryClient, dubId: string): boolean {
  const known = queryClient.getQueryData<Dub>(dubKey(dubId));
  return known !== undefined && ENDED.has(known.state);
}

/** Tells every list; whether the dub is in one of them. */
function changeLists(queryClient: QueryClient, change: FeedChange): boolean {
  const lists = queryClient.getQueriesData<InfiniteData<DubPage>>({ queryKey: DUBS_KEY });
  const changed = lists.flatMap(([key, list]) => {
    const next = list && withChange(list, change);
    return next && next !== list ? [{ key, next }] : [];
  });
  for (const { key, next } of changed) queryClient.setQueryData(key, next);
  return changed.length > 0;
}

/** A list of dubs with what a message says about one of them; the same list if it is not there. */
export function withChange(
  list: InfiniteData<DubPage>,
  change: FeedChange,
): InfiniteData<DubPage> {
  const { state } = change;
  if (!list.pages.some((page) => page.dubs.some((dub) => dub.id === change.job_id))) return list;
  const pages = list.pages.map((page) => ({
    ...page,
    dubs: page.dubs.flatMap((dub) => {
      if (dub.id !== change.job_id) return [dub];
      if (state === "deleted") return [];
      const languages = dub.languages.map((each) => ({
        ...each,
        state: change.languages[each.language] ?? each.state,
      }));
      return [{ ...dub, state, progress: change.progress, languages }];
    }),
  }));
  return { ...list, pages };
}
