import type { TFunction } from "i18next";
import { useSyncExternalStore } from "react";
import { toasts } from "../design/Toasts";

const UNDO_WITHIN_MS = 6000;

/** Things that are gone from sight and are deleted soon, unless somebody changes their mind. */
export class Deletions {
  #pending: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #remove: (id: string) => Promise<unknown>;

  /** @param remove deletes one for good; it may be called while the page goes away. */
  constructor(remove: (id: string) => Promise<unknown>) {
    this.#remove = remove;
    // Whoever leaves has not taken it back.
    addEventListener("pagehide", () => {
      for (const id of this.#timers.keys()) void this.#end(id);
    });
  }

  readonly pending = (): ReadonlySet<string> => this.#pending;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin({ id, name }: { id: string; name: string }, t: TFunction): void {
    this.#set([...this.#pending, id]);
    const toast = toasts.add({
      title: t("deleted", { name }),
      timeout: UNDO_WITHIN_MS,
      actionProps: {
        children: t("undo"),
        onClick: () => {
          this.takeBack(id);
          toasts.close(toast);
        },
      },
    });
    const end = () =>
      this.#end(id).catch(() => {
        this.takeBack(id);
        toasts.add({ title: t("deleteFailed", { name }), type: "bad" });
      });
    this.#timers.set(id, setTimeout(() => void end(), UNDO_WITHIN_MS));
  }

  async #end(id: string): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    await this.#remove(id);
  }

  /** Brings it back into sight; nothing is deleted any more unless that has begun. */
  takeBack(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#set([...this.#pending].filter((each) => each !== id));
  }

  #set(ids: string[]): void {
    this.#pending = new Set(ids);
    for (const listener of this.#listeners) listener();
  }
}

export function usePending(deletions: Deletions): ReadonlySet<string> {
  return useSyncExternalStore(deletions.subscribe, deletions.pending);
}
