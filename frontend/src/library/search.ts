import type { DubFilter, DubState } from "polydub-client";

/** How the library is narrowed, as its address says it. */
export interface LibrarySearch {
  q?: string;
  state?: StateChoice;
}

export type StateChoice = keyof typeof STATES_OF;

/** What each choice of the filter stands for. */
const STATES_OF = {
  running: ["queued", "processing"],
  done: ["completed", "completed_with_warnings"],
  failed: ["failed", "canceled"],
} satisfies Record<string, DubState[]>;

/** What of an address's search is meant for the library; the rest is left out. */
export function readSearch({ q, state }: Record<string, unknown>): LibrarySearch {
  return {
    ...(typeof q === "string" && q ? { q } : {}),
    ...(typeof state === "string" && Object.hasOwn(STATES_OF, state)
      ? { state: state as StateChoice }
      : {}),
  };
}

export function filterOf({ q, state }: LibrarySearch): DubFilter {
  return { ...(q && { q }), ...(state && { state: STATES_OF[state] }) };
}
