import type { ApiProblem, Video } from "polydub-client";

/**
 * `waiting`: for its turn. `sending`, `fetching`: on its way, from here or from an address.
 * `paused`: by hand. `interrupted`: by a reload; the same file chosen again goes on.
 * `elsewhere`: another tab sends it. `checking`: all there, the gateway looks what it is.
 */
export type ItemState =
  | "waiting"
  | "sending"
  | "fetching"
  | "paused"
  | "interrupted"
  | "elsewhere"
  | "checking"
  | "ready"
  | "failed";

/** A video that somebody brings, on its way to the gateway. */
export interface Item {
  id: string;
  name: string;
  state: ItemState;
  sentBytes: number;
  /** Null: not known (yet). */
  sizeBytes: number | null;
  /** 0 to 1, of those whose size is not known. */
  progress: number;
  /** Tells a file from others, also after a reload. */
  fingerprint: string | null;
  /** Where the upload goes on. */
  address: string | null;
  importId: string | null;
  video: Video | null;
  problem: ApiProblem | null;
  /** A small picture of it, as an address. */
  thumbnail: string | null;
}

/** What of an item outlives a reload. */
export interface KeptItem {
  id: string;
  name: string;
  sizeBytes: number | null;
  fingerprint: string | null;
  address: string | null;
  importId: string | null;
  videoId: string | null;
}

export function newItem(id: string, name: string, known: Partial<Item>): Item {
  return {
    id,
    name,
    state: "waiting",
    sentBytes: 0,
    sizeBytes: null,
    progress: 0,
    fingerprint: null,
    address: null,
    importId: null,
    video: null,
    problem: null,
    thumbnail: null,
    ...known,
  };
}

export function fingerprintOf(file: File): string {
  return [file.name, file.size, file.lastModified, file.type].join("|");
}

/** 0 to 1. */
export function fractionOf(item: Item): number {
  if (item.state === "ready" || item.state === "checking") return 1;
  return item.sizeBytes ? Math.min(1, item.sentBytes / item.sizeBytes) : item.progress;
}

export function isOnItsWay(item: Item): boolean {
  return ["waiting", "sending", "fetching", "checking"].includes(item.state);
}

/** The items whose turn it is, where only so many are sent at a time. */
export function whoseTurn(items: readonly Item[], atATime: number): Item[] {
  const busy = items.filter((item) => item.state === "sending").length;
  return items.filter((item) => item.state === "waiting").slice(0, Math.max(0, atATime - busy));
}

/** The item that a file belongs to: it broke off, or it is there already. */
export function itemOfFile(items: readonly Item[], fingerprint: string): Item | undefined {
  return items.find((item) => item.fingerprint === fingerprint && item.state !== "failed");
}

export function toKeep(items: readonly Item[]): KeptItem[] {
  return items
    .filter((item) => item.video || item.address || item.importId)
    .map(({ id, name, sizeBytes, fingerprint, address, importId, video }) => ({
      id,
      name,
      sizeBytes,
      fingerprint,
      address,
      importId,
      videoId: video?.id ?? null,
    }));
}

/** What is kept after one tab's change: of what it does not hold, what others have kept. */
export function keptWith(
  before: readonly KeptItem[],
  held: readonly Item[],
  gone: ReadonlySet<string>,
): KeptItem[] {
  const own = new Set(held.map((item) => item.id));
  return [...before.filter(({ id }) => !own.has(id) && !gone.has(id)), ...toKeep(held)];
}

/** What was kept, or nothing where it can't be read. */
export function readKept(text: string | null): KeptItem[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(kept: unknown): kept is KeptItem {
  return typeof kept === "object" && kept !== null && "id" in kept && "name" in kept;
}
