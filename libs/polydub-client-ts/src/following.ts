import { browser } from "./browser.js";
import { serverEvents } from "./events.js";
import { ApiProblem } from "./problem.js";
import type { Session } from "./session.js";
import type { FeedChange, FeedStart, Progress } from "./types.js";

/** How the line to the gateway is. */
export type Connection = "connecting" | "open" | "waiting";

export interface FollowOptions {
  /** What was seen last: only what came behind it is told. */
  after?: number | undefined;
  signal?: AbortSignal | undefined;
  onConnection?: ((connection: Connection) => void) | undefined;
}

/** A message and where it stands in its stream: give it as `after` to go on behind it. */
export interface Followed<Message> {
  sequence: number;
  message: Message;
}

/** The gateway says every 10 s that it is there; after this long the line counts as dead. */
const SILENCE_MS = 35_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** How sockets are closed when all is said. */
const DONE = 1000;
/** Close codes from here on are HTTP's status, plus this. */
const STATUS_CODES = 4000;

type Message = Progress | FeedStart | FeedChange;
/** Opens one connection and gives what comes over it; true in the end: all is said. */
type Open<M extends Message> = (
  after: number | undefined,
  signal: AbortSignal,
  onLife: () => void,
) => AsyncGenerator<Followed<M>, boolean>;

/**
 * What comes over a line that is opened again whenever it breaks, each message once.
 *
 * @throws ApiProblem when coming again won't help: what is followed is not there (any more).
 */
export async function* follow<M extends Message>(
  open: Open<M>,
  options: FollowOptions,
): AsyncGenerator<Followed<M>> {
  const { signal, onConnection } = options;
  let after = options.after;
  let waitMs = FIRST_WAIT_MS;
  while (!signal?.aborted) {
    const line = new Line(signal);
    onConnection?.("connecting");
    try {
      const messages = open(after, line.signal, () => {
        line.isAlive();
        waitMs = FIRST_WAIT_MS;
        onConnection?.("open");
      });
      let next = await messages.next();
      for (; !next.done; next = await messages.next()) {
        after = next.value.sequence;
        yield next.value;
      }
      if (next.value) return;
    } catch (error) {
      if (error instanceof ApiProblem && !error.retryable) throw error;
      if (!(error instanceof ApiProblem) && !isBroken(error)) throw error;
    } finally {
      line.end();
    }
    if (signal?.aborted) return;
    onConnection?.("waiting");
    await pause(waitMs * (0.75 + Math.random() / 2), signal);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

/** A stream of server-sent events. */
export function eventsOf<M extends Message>(url: string, session: Session): Open<M> {
  return async function* (after, signal, onLife) {
    const headers = new Headers({ Accept: "text/event-stream" });
    if (after !== undefined) headers.set("Last-Event-ID", String(after));
    const response = await session
      .fetch(new Request(url, { headers, signal, cache: "no-store" }))
      .catch((error: unknown) => Promise.reject(ApiProblem.network(error)));
    if (response.status === 204) return true;
    if (!response.ok || !response.body) {
      throw ApiProblem.of(response, await response.json().catch(() => null));
    }
    onLife();
    for await (const { id, data } of serverEvents(response.body, onLife)) {
      const message = JSON.parse(data) as M;
      yield { sequence: Number(id), message };
      if (message.type === "ended") return true;
    }
    return false;
  };
}

/** A socket whose messages carry their sequence. Browsers allow many more of these. */
export function socketOf<M extends FeedStart | FeedChange>(
  url: string,
  session: Session,
  ticket: () => Promise<string>,
): Open<M> {
  return async function* (after, signal, onLife) {
    const address = new URL(url.replace(/^http/, "ws"));
    if (after !== undefined) address.searchParams.set("after", String(after));
    if (!session.usesCookies) {
      const shown = await ticket();
      if (shown) address.searchParams.set("ticket", shown);
    }
    const socket = new WebSocket(address);
    const queue = new Queue<string>();
    socket.onmessage = ({ data }) => queue.push(String(data));
    socket.onopen = onLife;
    const closed = new Promise<number>((resolve) => (socket.onclose = (e) => resolve(e.code)));
    void closed.then(() => queue.end());
    signal.addEventListener("abort", () => socket.close(), { once: true });
    try {
      for await (const data of queue) {
        onLife();
        const message = JSON.parse(data) as M | { type: "ping" };
        if (message.type !== "ping") yield { sequence: message.sequence, message };
      }
    } finally {
      socket.close();
    }
    return ended(await closed, session, signal);
  };
}

async function ended(code: number, session: Session, signal: AbortSignal): Promise<boolean> {
  const status = code - STATUS_CODES;
  if (status === 401 && (await session.refresh())) return false;
  if (status >= 400 && status < 500 && status !== 429) {
    throw new ApiProblem({
      code: status === 401 ? "unauthenticated" : "invalid_request",
      detail: "The stream was refused.",
      status,
    });
  }
  return code === DONE && !signal.aborted;
}

/** One connection's time limit. */
class Line {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    const signals = outer ? [outer, this.#controller.signal] : [this.#controller.signal];
    this.signal = AbortSignal.any(signals);
    this.isAlive();
  }

  isAlive(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}

/** What one side pushes and the other waits for. */
class Queue<T> {
  readonly #items: T[] = [];
  #wake: () => void = () => undefined;
  #ended = false;

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Whether a connection broke, rather than our own code. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && !isOurs(error));
}

function isOurs(error: DOMException): boolean {
  return error.name === "SyntaxError" || error.name === "SecurityError";
}

/** Waits; less where the browser says that it is online again. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      browser.removeEventListener?.("online", done);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    browser.addEventListener?.("online", done);
    signal?.addEventListener("abort", done);
  });
}
