import createFetchClient, { type Client } from "openapi-fetch";
import { browser } from "./browser.js";
import {
  eventsOf,
  follow,
  pause,
  socketOf,
  type Followed,
  type FollowOptions,
} from "./following.js";
import { newId } from "./ids.js";
import { ApiProblem } from "./problem.js";
import type { paths } from "./schema.js";
import { Session, type Auth } from "./session.js";
import type {
  Dub,
  DubRequest,
  FeedChange,
  FeedStart,
  Import,
  Progress,
  UploadState,
  Video,
} from "./types.js";

export interface PolydubOptions {
  /** Where the gateway is: `https://dub.example`. In a page that it serves: its own origin. */
  baseUrl?: string | undefined;
  /** Left out: the gateway has no accounts. */
  auth?: Auth | undefined;
  fetch?: typeof fetch | undefined;
  /** With cookies: the session has ended and somebody has to sign in again. */
  onSignedOut?: (() => void) | undefined;
}

type Query<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Q } };
}
  ? NonNullable<Q>
  : never;
/** How the list of dubs is narrowed. */
export type DubFilter = Omit<Query<"/v1/dubs">, "cursor">;

export interface StartOptions {
  /** The same key with the same body gives the same dub. Left out: one is made. */
  idempotencyKey?: string | undefined;
  /** How often it is tried while the gateway says that it may go well later. */
  tries?: number | undefined;
  signal?: AbortSignal | undefined;
}

const TRIES = 3;
const RETRY_MS = 1000;
const POLL_MS = 1000;

/** A Polydub gateway. */
export class Polydub {
  readonly baseUrl: string;
  readonly session: Session;
  /** Every call, typed by the gateway's own description. Use with `answer`. */
  readonly http: Client<paths>;

  constructor(options: PolydubOptions = {}) {
    this.baseUrl = (options.baseUrl ?? browser.location?.origin ?? "").replace(/\/$/, "");
    this.session = new Session({
      baseUrl: this.baseUrl,
      auth: options.auth,
      fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
      onSignedOut: options.onSignedOut,
    });
    this.http = createFetchClient<paths>({ baseUrl: this.baseUrl, fetch: this.session.fetch });
  }

  /** Starts a dub, and starts it once, however often it has to be asked for. */
  async startDub(asked: DubRequest, options: StartOptions = {}): Promise<Dub> {
    const key = options.idempotencyKey ?? newId();
    return retrying(options, () =>
      answer(
        this.http.POST("/v1/dubs", {
          body: asked,
          params: { header: { "idempotency-key": key } },
          signal: options.signal ?? null,
        }),
      ),
    );
  }

  /** All dubs that a filter lets through, page by page as they are asked for. */
  async *dubs(filter: DubFilter = {}): AsyncGenerator<Dub> {
    let cursor: string | null = null;
    do {
      const query = cursor === null ? filter : { ...filter, cursor };
      const page: { dubs: Dub[]; next_cursor: string | null } = await answer(
        this.http.GET("/v1/dubs", { params: { query } }),
      );
      yield* page.dubs;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  /** Everything that happens to a dub, to its end; past events first, each once. */
  followDub(dubId: string, options: FollowOptions = {}): AsyncGenerator<Followed<Progress>> {
    const url = `${this.baseUrl}/v1/dubs/${encodeURIComponent(dubId)}/events`;
    return follow(eventsOf<Progress>(url, this.session), options);
  }

  /** What changes in the list of dubs, for as long as it is followed. */
  followDubs(
    options: FollowOptions & { transport?: "events" | "socket" } = {},
  ): AsyncGenerator<Followed<FeedStart | FeedChange>> {
    if (options.transport === "socket") {
      const url = `${this.baseUrl}/v1/ws/events`;
      return follow(
        socketOf<FeedStart | FeedChange>(url, this.session, () => this.#ticket()),
        options,
      );
    }
    return follow(
      eventsOf<FeedStart | FeedChange>(`${this.baseUrl}/v1/events`, this.session),
      options,
    );
  }

  /** The video of an upload or an import, once it is there. */
  async videoOf(
    source: { uploadId: string } | { importId: string },
    options: { signal?: AbortSignal; onState?: (state: UploadState | Import) => void } = {},
  ): Promise<Video> {
    for (;;) {
      const state = await retrying(options, () => this.#state(source));
      options.onState?.(state);
      if (state.video) return state.video;
      if (state.state === "failed" && state.error) throw new ApiProblem(state.error);
      if (state.state === "canceled") throw new ApiProblem({ code: "canceled" });
      await pause(POLL_MS, options.signal);
      options.signal?.throwIfAborted();
    }
  }

  #state(source: { uploadId: string } | { importId: string }): Promise<UploadState | Import> {
    return "uploadId" in source
      ? answer(
          this.http.GET("/v1/uploads/{upload_id}", {
            params: { path: { upload_id: source.uploadId } },
          }),
        )
      : answer(
          this.http.GET("/v1/imports/{import_id}", {
            params: { path: { import_id: source.importId } },
          }),
        );
  }

  async #ticket(): Promise<string> {
    const headers = await this.session.headers();
    if (Object.keys(headers).length === 0) return "";
    return (await answer(this.http.POST("/v1/auth/tickets"))).ticket;
  }
}

/**
 * What a call answers.
 *
 * @throws ApiProblem for every refusal and failure, also when no answer came.
 */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let result;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw ApiProblem.network(error);
  }
  if (!result.response.ok) throw ApiProblem.of(result.response, result.error);
  return result.data as T;
}

async function retrying<T>(
  { tries = TRIES, signal }: { tries?: number | undefined; signal?: AbortSignal | undefined },
  call: () => Promise<T>,
): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiProblem) || !error.retryable || left <= 0) throw error;
      await pause((error.retryAfterS ?? 0) * 1000 || RETRY_MS, signal);
      signal?.throwIfAborted();
    }
  }
}
