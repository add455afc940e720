import * as tus from "tus-js-client";
import type { Polydub } from "./client.js";
import { ApiProblem } from "./problem.js";
import type { Video } from "./types.js";

export interface UploadOptions {
  filename?: string | undefined;
  /** Bytes that have gone out, and all. */
  onProgress?: ((sent: number, total: number) => void) | undefined;
  /** The file is there; the gateway looks what it is. */
  onReceived?: (() => void) | undefined;
  /** Where to go on: an upload's address that `onAddress` told. */
  address?: string | undefined;
  onAddress?: ((address: string) => void) | undefined;
}

const CHUNK_BYTES = 32 * 2 ** 20;
const RETRY_DELAYS_MS = [0, 1000, 3000, 5000, 10_000, 20_000];

/** A file on its way (tus 1.0). Addresses of broken uploads can be used for a day. */
export class FileUpload {
  readonly #polydub: Polydub;
  readonly #options: UploadOptions;
  readonly #upload: tus.Upload;
  readonly #stopped = new AbortController();
  readonly #video: PromiseWithResolvers<Video> = withResolvers();

  /** @param file In Node: a Buffer, or a Readable of known size. */
  constructor(polydub: Polydub, file: tus.Upload["file"], options: UploadOptions = {}) {
    this.#polydub = polydub;
    this.#options = options;
    const filename = options.filename ?? ("name" in file ? file.name : "video");
    this.#video.promise.catch(() => undefined);
    this.#upload = new tus.Upload(file, {
      endpoint: `${polydub.baseUrl}/v1/uploads`,
      uploadUrl: options.address ?? null,
      metadata: { filename },
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      // Whoever uses this keeps the address, with the name of the file.
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        for (const [name, value] of Object.entries(await polydub.session.headers())) {
          request.setHeader(name, value);
        }
      },
      onAfterResponse: async (_, response) => {
        if (response.getStatus() === 401) await polydub.session.refresh();
      },
      onShouldRetry: (error) => isTransient(error.originalResponse?.getStatus() ?? 0),
      onUploadUrlAvailable: () => options.onAddress?.(this.#upload.url ?? ""),
      onProgress: (sent, total) => options.onProgress?.(sent, total),
      onSuccess: () => void this.#received(),
      onError: (error) => this.#video.reject(problemOf(error)),
    });
  }

  /** The video that the file is. Rejects with an ApiProblem; a new one can go on at its address. */
  get video(): Promise<Video> {
    return this.#video.promise;
  }

  /** Sends, from where it got to. */
  start(): void {
    this.#upload.start();
  }

  /** Stops sending; what has come stays safe. */
  async pause(): Promise<void> {
    await this.#upload.abort();
  }

  /** Ends it, and what has come is deleted. */
  async cancel(): Promise<void> {
    this.#stopped.abort();
    await this.#upload.abort(true);
  }

  async #received(): Promise<void> {
    this.#options.onReceived?.();
    const uploadId = new URL(this.#upload.url ?? "", this.#polydub.baseUrl).pathname.split("/").pop();
    try {
      const { signal } = this.#stopped;
      this.#video.resolve(await this.#polydub.videoOf({ uploadId: uploadId ?? "" }, { signal }));
    } catch (error) {
      this.#video.reject(error);
    }
  }
}

/** Whether coming again may help; 401 has renewed the session. */
function isTransient(status: number): boolean {
  return status === 0 || status === 401 || status === 409 || status === 423 || status >= 500;
}

function problemOf(error: Error): ApiProblem {
  const response = error instanceof tus.DetailedError ? error.originalResponse : null;
  if (!response) return ApiProblem.network(error);
  const body = parsed(response.getBody());
  return ApiProblem.of(new Response(null, { status: response.getStatus() }), body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
