import { answer, ApiProblem, newId, type Import } from "polydub-client";
import type { FileUpload } from "polydub-client/uploads";
import type { TFunction } from "i18next";
import { useMemo, useSyncExternalStore } from "react";
import { polydub } from "../api/polydub";
import { Deletions, usePending } from "../app/deletions";
import {
  fingerprintOf,
  itemOfFile,
  keptWith,
  newItem,
  readKept,
  whoseTurn,
  type Item,
  type ItemState,
  type KeptItem,
} from "./state";
import { Tabs } from "./tabs";
import { thumbnailOf } from "./thumbnail";

const KEPT_AS = "polydub.uploads";
const AT_A_TIME = 2;
/** States of what another tab may hold. */
const AWAY: ReadonlySet<ItemState> = new Set(["interrupted", "elsewhere"]);
const isLostByLeaving = ({ state }: Item) => state === "sending" || state === "waiting";

/** The videos on their way. They go on while people look at other routes. */
class Uploads {
  #items: readonly Item[] = [];
  readonly #files = new Map<string, File>();
  readonly #sending = new Map<string, FileUpload>();
  readonly #listeners = new Set<() => void>();
  /** What this tab has taken out, though another may still tell of it. */
  readonly #gone = new Set<string>();
  #tabs: Tabs | null = null;

  readonly items = (): readonly Item[] => this.#items;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#restore();
    return () => this.#listeners.delete(listener);
  };

  /** Takes files in. One that broke off earlier goes on where it was. */
  addFiles(files: Iterable<File>): void {
    for (const file of files) {
      const fingerprint = fingerprintOf(file);
      const known = itemOfFile(this.#items, fingerprint);
      if (known?.video) deletions.takeBack(known.video.id);
      if (known && known.state !== "interrupted") continue;
      const id = known?.id ?? newId();
      this.#files.set(id, file);
      this.#tabs?.hold(id);
      if (known) this.#change(id, { state: "waiting" });
      else this.#put(newItem(id, file.name, { fingerprint, sizeBytes: file.size }));
      void thumbnailOf(file).then((thumbnail) => this.#change(id, { thumbnail }));
    }
    this.#next();
  }

  async addLink(url: string): Promise<void> {
    const begun = await answer(polydub.http.POST("/v1/videos/import", { body: { url } }));
    const id = newId();
    this.#put(newItem(id, begun.host, { state: "fetching", importId: begun.id }));
    void this.#fetched(id, begun.id);
  }

  async pause(id: string): Promise<void> {
    this.#change(id, { state: "paused" });
    await this.#sending.get(id)?.pause();
    this.#next();
  }

  /** Goes on, or makes another try. */
  resume(id: string): void {
    const item = this.#items.find((each) => each.id === id);
    if (item?.importId && item.state === "failed") {
      this.#change(id, { state: "fetching", problem: null });
      void this.#fetched(id, item.importId);
    } else if (this.#files.has(id)) {
      this.#change(id, { state: "waiting", problem: null });
      this.#next();
    }
  }

  /** Takes an item out, and deletes what has come of it so far; a whole video can be had back. */
  async remove(id: string, t: TFunction): Promise<void> {
    const item = this.#items.find((each) => each.id === id);
    if (!item) return;
    if (item.video) {
      // The same file may have been brought before: with it, its dubs would be deleted.
      if (await isDubbed(item.video.id)) this.#forget(id);
      else deletions.begin({ id: item.video.id, name: item.name }, t);
      return;
    }
    const upload = this.#sending.get(id);
    this.#forget(id);
    this.#next();
    if (upload) void upload.cancel().catch(() => undefined); // it expires by itself
    else if (item.importId) {
      const path = { import_id: item.importId };
      void polydub.http.POST("/v1/imports/{import_id}/cancel", { params: { path } });
    }
  }

  /** Takes out what dubs were started of. */
  clear(ids: readonly string[]): void {
    for (const id of ids) this.#forget(id);
  }

  /** Takes out a video that is there no more. */
  clearVideo(videoId: string): void {
    this.clear(this.#items.filter(({ video }) => video?.id === videoId).map(({ id }) => id));
  }

  #next(): void {
    for (const item of whoseTurn(this.#items, AT_A_TIME)) {
      const file = this.#files.get(item.id);
      if (file) {
        this.#change(item.id, { state: "sending" });
        void this.#send(item, file);
      }
    }
  }

  async #send(item: Item, file: File): Promise<void> {
    const { id } = item;
    try {
      let upload = this.#sending.get(id);
      if (!upload) {
        upload = await this.#open(item, file);
        this.#sending.set(id, upload);
      }
      upload.start();
      const video = await upload.video;
      // Its name stays: of a file that was there already, the gateway tells the earlier one's.
      this.#change(id, { state: "ready", video });
      this.#sending.delete(id);
    } catch (error) {
      this.#sending.delete(id);
      this.#fail(id, error);
    }
    this.#next();
  }

  async #open({ id, address }: Item, file: File): Promise<FileUpload> {
    const { FileUpload } = await import("polydub-client/uploads");
    return new FileUpload(polydub, file, {
      address: address ?? undefined,
      onAddress: (found) => this.#change(id, { address: found }),
      onProgress: (sentBytes) => this.#change(id, { sentBytes }),
      onReceived: () => this.#change(id, { state: "checking" }),
    });
  }

  async #fetched(id: string, importId: string): Promise<void> {
    const onState = (state: { progress?: number }) =>
      this.#change(id, { progress: state.progress ?? 0 });
    try {
      const video = await polydub.videoOf(
        { importId },
        { onState: (state) => onState(state as Import) },
      );
      this.#change(id, { state: "ready", video, name: video.filename });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: string, error: unknown): void {
    const problem = error instanceof ApiProblem ? error : ApiProblem.network(error);
    // What the gateway has refused or lost is begun anew the next time.
    const address = problem.retryable ? {} : { address: null, sentBytes: 0 };
    this.#change(id, { state: "failed", problem, ...address });
  }

  #restore(): void {
    if (this.#tabs) return;
    this.#tabs = new Tabs({
      isHeld: (id) => this.#files.has(id),
      onHeld: (id) => this.#swap(id, "interrupted", "elsewhere"),
      onLeft: (id) => this.#swap(id, "elsewhere", "interrupted"),
    });
    addEventListener("storage", ({ key, newValue }) => {
      if (key === KEPT_AS) this.#catchUp(readKept(newValue));
    });
    addEventListener("beforeunload", (event) => {
      if (this.#items.some(isLostByLeaving)) event.preventDefault();
    });
    addEventListener("pagehide", () => {
      for (const id of this.#files.keys()) this.#tabs?.leave(id);
    });
    for (const kept of readKept(localStorage.getItem(KEPT_AS))) void this.#comeBack(kept);
  }

  async #comeBack(kept: KeptItem): Promise<void> {
    const { id, name, sizeBytes, fingerprint, address, importId, videoId } = kept;
    const known = { sizeBytes, fingerprint, address, importId };
    try {
      if (videoId) {
        const path = { video_id: videoId };
        const video = await answer(polydub.http.GET("/v1/videos/{video_id}", { params: { path } }));
        this.#put(newItem(id, name, { ...known, state: "ready", video }));
      } else if (importId) {
        this.#put(newItem(id, name, { ...known, state: "fetching" }));
        await this.#fetched(id, importId);
      } else if (address) {
        await this.#comeBackTo(newItem(id, name, known), address);
      }
    } catch (error) {
      if (error instanceof ApiProblem && error.retryable) {
        this.#put(newItem(id, name, { ...known, state: "failed", problem: error }));
      } else {
        this.#gone.add(id);
      }
    }
    this.#tell();
  }

  async #comeBackTo(item: Item, address: string): Promise<void> {
    const uploadId = new URL(address, location.origin).pathname.split("/").pop() ?? "";
    const path = { upload_id: uploadId };
    const upload = await answer(polydub.http.GET("/v1/uploads/{upload_id}", { params: { path } }));
    if (upload.state === "receiving") {
      this.#put({ ...item, state: "interrupted", sentBytes: upload.offset });
      this.#tabs?.ask(item.id);
      return;
    }
    this.#put({ ...item, state: "checking" });
    try {
      const video = await polydub.videoOf({ uploadId });
      this.#change(item.id, { state: "ready", video });
    } catch (error) {
      this.#fail(item.id, error);
    }
  }

  /** Takes over what another tab has done with what this one does not hold. */
  #catchUp(kept: readonly KeptItem[]): void {
    const isLeft = ({ id, state }: Item) => {
      const found = kept.find((each) => each.id === id);
      if (this.#files.has(id)) return true;
      return AWAY.has(state) ? found?.videoId === null : state !== "ready" || found !== undefined;
    };
    this.#items = this.#items.filter(isLeft);
    const known = new Set([...this.#items.map(({ id }) => id), ...this.#gone]);
    for (const each of kept) if (!known.has(each.id)) void this.#comeBack(each);
    this.#show();
  }

  #swap(id: string, from: ItemState, to: ItemState): void {
    const item = this.#items.find((each) => each.id === id);
    if (item?.state === from) this.#change(id, { state: to });
  }

  #put(item: Item): void {
    this.#items = [...this.#items.filter(({ id }) => id !== item.id), item];
    this.#tell();
  }

  #change(id: string, changed: Partial<Item>): void {
    this.#items = this.#items.map((item) => (item.id === id ? { ...item, ...changed } : item));
    this.#tell();
  }

  #forget(id: string): void {
    const thumbnail = this.#items.find((each) => each.id === id)?.thumbnail;
    if (thumbnail) URL.revokeObjectURL(thumbnail);
    this.#gone.add(id);
    this.#items = this.#items.filter((item) => item.id !== id);
    this.#files.delete(id);
    this.#sending.delete(id);
    this.#tell();
  }

  #tell(): void {
    const held = this.#items.filter(({ id, state }) => this.#files.has(id) || !AWAY.has(state));
    const before = localStorage.getItem(KEPT_AS);
    const kept = JSON.stringify(keptWith(readKept(before), held, this.#gone));
    if (kept !== before) localStorage.setItem(KEPT_AS, kept);
    this.#show();
  }

  #show(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const uploads = new Uploads();

/** Videos that somebody has taken out and may still take back. */
const deletions = new Deletions(async (videoId) => {
  const path = { video_id: videoId };
  await answer(polydub.http.DELETE("/v1/videos/{video_id}", { params: { path }, keepalive: true }));
  uploads.clearVideo(videoId);
  deletions.takeBack(videoId); // the same bytes may be brought again
});

/** Those on their way and those that are there, without what was taken out. */
export function useUploads(): readonly Item[] {
  const items = useSyncExternalStore(uploads.subscribe, uploads.items);
  const pending = usePending(deletions);
  return useMemo(
    () => items.filter(({ video }) => !video || !pending.has(video.id)),
    [items, pending],
  );
}

/** Whether there are dubs of a video, or none can tell. */
async function isDubbed(videoId: string): Promise<boolean> {
  const query = { video_id: videoId, limit: 1 };
  const found = await polydub.http.GET("/v1/dubs", { params: { query } }).catch(() => null);
  return found?.data === undefined || found.data.dubs.length > 0;
}
