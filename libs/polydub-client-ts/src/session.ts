import { browser } from "./browser.js";

/** How calls say who asks. */
export type Auth =
  | { apiKey: string }
  /** An access token, or what gives a fresh one before each call. */
  | { token: string | (() => string | Promise<string>) }
  /** The page that the gateway itself serves: tokens are in cookies that scripts can't read. */
  | "cookies";

const REFRESH_PATH = "/v1/auth/refresh";
const REFRESHED_AT = "polydub.refreshed-at";
const LOCK = "polydub.refresh";
/** Answers of 401 from these say nothing about the session. */
const SIGN_IN_PATHS = [REFRESH_PATH, "/v1/auth/login", "/v1/auth/invitations/accept"];

export interface SessionOptions {
  baseUrl: string;
  auth: Auth | undefined;
  fetch: typeof fetch;
  onSignedOut: (() => void) | undefined;
}

/** Puts on requests who asks, and renews a page's session when it has run out. */
export class Session {
  readonly #options: SessionOptions;
  #refreshing: Promise<boolean> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get usesCookies(): boolean {
    return this.#options.auth === "cookies";
  }

  /** The headers that say who asks. */
  async headers(): Promise<Record<string, string>> {
    const { auth } = this.#options;
    if (auth === undefined) return {};
    if (auth === "cookies") return { "X-Polydub-Request": "1" };
    if ("apiKey" in auth) return { "X-Api-Key": auth.apiKey };
    const token = typeof auth.token === "string" ? auth.token : await auth.token();
    return { Authorization: `Bearer ${token}` };
  }

  /** `fetch` as the caller; with cookies, a 401 renews the session and asks once more. */
  fetch = async (request: Request): Promise<Response> => {
    for (const [name, value] of Object.entries(await this.headers())) {
      request.headers.set(name, value);
    }
    if (!this.usesCookies || this.#isSignIn(request.url)) return this.#options.fetch(request);
    const again = request.clone();
    const askedAt = Date.now();
    const response = await this.#options.fetch(request);
    if (response.status !== 401) return response;
    return (await this.refresh(askedAt)) ? this.#options.fetch(again) : response;
  };

  /**
   * Renews a page's session; whether it stands. A refresh token is good once and shown twice it
   * ends its session, so only one of all open tabs asks at a time, and the others use what it got.
   */
  async refresh(askedAt = Date.now()): Promise<boolean> {
    if (!this.usesCookies) return false;
    this.#refreshing ??= this.#refreshAlone(askedAt).finally(() => (this.#refreshing = undefined));
    const stands = await this.#refreshing;
    if (!stands) this.#options.onSignedOut?.();
    return stands;
  }

  async #refreshAlone(askedAt: number): Promise<boolean> {
    const locks = browser.navigator?.locks;
    if (!locks) return this.#askForTokens();
    return locks.request(LOCK, async () => {
      if (Number(browser.localStorage?.getItem(REFRESHED_AT) ?? 0) > askedAt) return true;
      return this.#askForTokens();
    });
  }

  async #askForTokens(): Promise<boolean> {
    const response = await this.#options.fetch(
      new Request(this.#options.baseUrl + REFRESH_PATH, {
        method: "POST",
        headers: await this.headers(),
      }),
    );
    if (response.ok) browser.localStorage?.setItem(REFRESHED_AT, String(Date.now()));
    return response.ok;
  }

  #isSignIn(url: string): boolean {
    const { pathname } = new URL(url);
    return SIGN_IN_PATHS.some((path) => pathname.endsWith(path));
  }
}
