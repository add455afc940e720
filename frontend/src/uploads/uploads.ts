import { answer, ApiProblem, type Import } from "polydub-client";
import type { FileUpload } from "polydub-client/uploads";
import { useSyncExternalStore } from "react";
import { polydub } from "../api/polydub";
import {
  fingerprintOf,
  itemOfFile,
  newItem,
  readKept,
  toKeep,
  whoseTurn,
  type Item,
  type KeptItem,
} from "./state";
import { thumbnailOf } from "./thumbnail";

const KEPT_AS = "polydub.uploads";
const AT_A_TIME = 2;

/** The videos on their way. They go on while people look at other routes. */
class Uploads {
  #items: readonly Item[] = [];
  readonly #files = new Map<string, File>();
  readonly #sending = new Map<string, FileUpload>();
  readonly #listeners = new Set<() => void>();
  #restored = false;

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
      if (known && known.state !== "interrupted") continue;
      const id = known?.id ?? crypto.randomUUID();
      this.#files.set(id, file);
      if (known) this.#change(id, { state: "waiting" });
      else this.#put(newItem(id, file.name, { fingerprint, sizeBytes: file.size }));
      void thumbnailOf(file).then((thumbnail) => this.#change(id, { thumbnail }));
    }
    this.#next();
  }

  async addLink(url: string): Promise<void> {
    const begun = await answer(polydub.http.POST("/v1/videos/import", { body: { url } }));
    const id = crypto.randomUUID();
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

  /** Takes an item out, and deletes what has come of it so far. */
  remove(id: string): void {
    const item = this.#items.find((each) => each.id === id);
    if (!item) return;
    const upload = this.#sending.get(id);
    this.#forget(id);
    this.#next();
    if (item.thumbnail) URL.revokeObjectURL(item.thumbnail);
    if (item.state === "ready") return;
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
      this.#change(id, { state: "ready", video, name: video.filename });
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
    if (this.#restored) return;
    this.#restored = true;
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
      return;
    }
    this.#put({ ...item, state: "checking" });
    try {
      const video = await polydub.videoOf({ uploadId });
      this.#change(item.id, { state: "ready", video, name: video.filename });
    } catch (error) {
      this.#fail(item.id, error);
    }
  }

  #put(item: Item): void {
    this.#items = [...this.#items, item];
    this.#tell();
  }

  #change(id: string, changed: Partial<Item>): void {
    this.#items = this.#items.map((item) => (item.id === id ? { ...item, ...changed } : item));
    this.#tell();
  }

  #forget(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id);
    this.#files.delete(id);
    this.#sending.delete(id);
    this.#tell();
  }

  #tell(): void {
    localStorage.setItem(KEPT_AS, JSON.stringify(toKeep(this.#items)));
    for (const listener of this.#listeners) listener();
  }
}

export const uploads = new Uploads();

export function useUploads(): readonly Item[] {
  return useSyncExternalStore(uploads.subscribe, uploads.items);
}
