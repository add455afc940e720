import { webcrypto } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answer, ApiProblem, Polydub } from "../src/index.js";
import { PlayedGateway } from "./gateway.js";

let gateway: PlayedGateway;

beforeEach(async () => {
  gateway = await PlayedGateway.open();
});
afterEach(() => {
  vi.unstubAllGlobals();
  return gateway.close();
});

const REQUEST = { video_id: "vid_1", target_languages: ["es"] };
const problem = (code: string, retryable = false, status = 422) => ({
  code,
  retryable,
  detail: "What happened.",
  hint: "What to do.",
  status,
});

test("a refusal is an ApiProblem with what to do about it", async () => {
  gateway.json(422, problem("no_audio_stream"));
  const polydub = new Polydub({ baseUrl: gateway.url });
  const refused = polydub.startDub(REQUEST);
  await expect(refused).rejects.toMatchObject({
    name: "ApiProblem",
    code: "no_audio_stream",
    hint: "What to do.",
    status: 422,
    retryable: false,
  });
  expect(gateway.seen).toHaveLength(1);
});

test("what a proxy answers is a problem too", async () => {
  gateway.next((_, response) => response.writeHead(502).end("<h1>Bad gateway</h1>"));
  const polydub = new Polydub({ baseUrl: gateway.url });
  const failed = answer(polydub.http.GET("/v1/languages"));
  await expect(failed).rejects.toMatchObject({ status: 502, retryable: true });
});

test("no answer at all is a problem that may pass", async () => {
  const polydub = new Polydub({ baseUrl: "http://127.0.0.1:9" });
  const failed = answer(polydub.http.GET("/v1/languages"));
  await expect(failed).rejects.toMatchObject({ code: "network", retryable: true, status: 0 });
});

test("a start that is tried again keeps its key", async () => {
  gateway.json(503, problem("bus_unavailable", true), { "Retry-After": "0.01" });
  gateway.json(202, { id: "dub_1" });
  const polydub = new Polydub({ baseUrl: gateway.url });
  expect(await polydub.startDub(REQUEST)).toMatchObject({ id: "dub_1" });
  const [first, second] = gateway.seen.map((each) => each.headers["idempotency-key"]);
  expect(first).toBeTruthy();
  expect(second).toBe(first);
});

test("a start has a key of its own where there are no safe addresses", async () => {
  vi.stubGlobal("crypto", {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => webcrypto.getRandomValues(bytes),
  });
  const polydub = new Polydub({ baseUrl: gateway.url });
  for (const id of ["dub_1", "dub_2"]) {
    gateway.json(202, { id });
    await polydub.startDub(REQUEST);
  }
  const keys = gateway.seen.map((each) => each.headers["idempotency-key"]);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(keys).size).toBe(2);
});

test("who asks is said as the caller chose", async () => {
  for (const [auth, name, value] of [
    [{ apiKey: "pdk_1" }, "x-api-key", "pdk_1"],
    [{ token: () => Promise.resolve("jwt") }, "authorization", "Bearer jwt"],
    ["cookies", "x-polydub-request", "1"],
  ] as const) {
    gateway.json(200, {});
    await answer(new Polydub({ baseUrl: gateway.url, auth }).http.GET("/v1/auth/me"));
    expect(gateway.seen.at(-1)?.headers[name]).toBe(value);
  }
});

test("a page's session is renewed once, and the call is made again with its body", async () => {
  gateway
    .json(401, problem("unauthenticated"))
    .json(200, { expires_in: 900 })
    .json(202, { id: "dub_1" });
  const polydub = new Polydub({ baseUrl: gateway.url, auth: "cookies" });
  expect(await polydub.startDub(REQUEST)).toMatchObject({ id: "dub_1" });
  expect(gateway.seen.map((each) => each.url)).toEqual([
    "/v1/dubs",
    "/v1/auth/refresh",
    "/v1/dubs",
  ]);
  expect(JSON.parse(gateway.seen[2]?.body ?? "")).toEqual(REQUEST);
});

test("calls that run out together renew the session once", async () => {
  let asked = 0;
  const polydub = new Polydub({
    baseUrl: "http://gateway",
    auth: "cookies",
    fetch: async (request) => {
      if ((request as Request).url.endsWith("/refresh")) {
        asked += 1;
        await Promise.resolve();
        return Response.json({});
      }
      return Response.json({}, { status: asked ? 200 : 401 });
    },
  });
  const call = () => answer(polydub.http.GET("/v1/languages"));
  await Promise.all([call(), call(), call()]);
  expect(asked).toBe(1);
});

test("a session that can't be renewed is told", async () => {
  gateway.json(401, problem("unauthenticated")).json(401, problem("unauthenticated"));
  const onSignedOut = vi.fn();
  const polydub = new Polydub({ baseUrl: gateway.url, auth: "cookies", onSignedOut });
  await expect(answer(polydub.http.GET("/v1/auth/me"))).rejects.toBeInstanceOf(ApiProblem);
  expect(onSignedOut).toHaveBeenCalledOnce();
});

test("wrong passwords do not renew a session", async () => {
  gateway.json(401, problem("unauthenticated", false, 401));
  const polydub = new Polydub({ baseUrl: gateway.url, auth: "cookies" });
  const body = { email: "ada@example.com", password: "wrong", organisation_id: "", cookie: true };
  await expect(answer(polydub.http.POST("/v1/auth/login", { body }))).rejects.toMatchObject({
    status: 401,
  });
  expect(gateway.seen).toHaveLength(1);
});

test("all pages of a list come one after the other", async () => {
  gateway.json(200, { dubs: [{ id: "dub_1" }, { id: "dub_2" }], next_cursor: "c1" });
  gateway.json(200, { dubs: [{ id: "dub_3" }], next_cursor: null });
  const found: string[] = [];
  const polydub = new Polydub({ baseUrl: gateway.url });
  for await (const dub of polydub.dubs({ state: ["completed"] })) found.push(dub.id);
  expect(found).toEqual(["dub_1", "dub_2", "dub_3"]);
  expect(gateway.seen.map((each) => each.url)).toEqual([
    "/v1/dubs?state=completed",
    "/v1/dubs?state=completed&cursor=c1",
  ]);
});

test("the video of an import is waited for, and its failure is a problem", async () => {
  gateway.json(200, { state: "completed", video: { id: "vid_1" }, error: null });
  const polydub = new Polydub({ baseUrl: gateway.url });
  expect(await polydub.videoOf({ importId: "imp_1" })).toMatchObject({ id: "vid_1" });
  gateway.json(200, { state: "failed", video: null, error: problem("media_unreadable") });
  await expect(polydub.videoOf({ uploadId: "upl_1" })).rejects.toMatchObject({
    code: "media_unreadable",
  });
});
