import type { Problem } from "./types.js";

/** A refusal or failure: the gateway's problem document (RFC 9457), or what stands for one. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** From the gateway's table of errors; `network` when no answer came. */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;
  /** Whether the same call may go well later. */
  readonly retryable: boolean;
  /** HTTP's status; 0 when no answer came. */
  readonly status: number;
  /** The stage that it happened in. */
  readonly stage: string | null;
  /** Seconds to wait before the next try, where the gateway said so. */
  readonly retryAfterS: number | null;

  constructor(problem: Partial<Problem>, retryAfterS: number | null = null, cause?: unknown) {
    super(problem.detail || problem.title || "The call failed.", { cause });
    this.code = problem.code ?? "internal";
    this.hint = problem.hint ?? "";
    this.retryable = problem.retryable ?? false;
    this.status = problem.status ?? 0;
    this.stage = problem.stage ?? null;
    this.retryAfterS = retryAfterS;
  }

  /** The problem that an answer tells of, also where a proxy wrote it and not the gateway. */
  static of(response: Response, body: unknown): ApiProblem {
    const wait = Number(response.headers.get("Retry-After"));
    const retryAfterS = Number.isFinite(wait) && wait > 0 ? wait : null;
    if (isProblem(body)) return new ApiProblem({ ...body, status: response.status }, retryAfterS);
    return new ApiProblem(
      {
        code: response.status === 401 ? "unauthenticated" : "internal",
        detail: `The server answered with status ${response.status}.`,
        status: response.status,
        retryable: response.status >= 502 && response.status <= 504,
      },
      retryAfterS,
    );
  }

  /** What a call that got no answer comes to. */
  static network(cause: unknown): ApiProblem {
    return new ApiProblem(
      {
        code: "network",
        detail: "The server can't be reached.",
        hint: "Check the connection, then try again.",
        retryable: true,
        status: 0,
      },
      null,
      cause,
    );
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}
