import { afterEach, beforeEach, expect, test } from "vitest";
import { Polydub, serverEvents, type Progress } from "../src/index.js";
import { PlayedGateway } from "./gateway.js";

let gateway: PlayedGateway;

beforeEach(async () => {
  gateway = await PlayedGateway.open();
});
afterEach(() => gateway.close());

const told = (type: Progress["type"], progress: number) => ({ type, progress });

async function follow(after?: number): Promise<number[]> {
  const seen: number[] = [];
  const polydub = new Polydub({ baseUrl: gateway.url });
  for await (const { message } of polydub.followDub("dub_1", { after })) {
    seen.push(message.progress);
  }
  return seen;
}

test("a line that breaks goes on behind what was seen", async () => {
  gateway.events({ id: 4, data: told("progress", 0.1) }, { id: 7, data: told("progress", 0.2) });
  gateway.json(503, { code: "bus_unavailable", detail: "", retryable: true });
  gateway.events({ id: 9, data: told("ended", 1) });
  expect(await follow()).toEqual([0.1, 0.2, 1]);
  expect(gateway.seen.map((each) => each.headers["last-event-id"])).toEqual([undefined, "7", "7"]);
});

test("an end that was seen before is the end", async () => {
  gateway.next((_, response) => response.writeHead(204).end());
  expect(await follow(12)).toEqual([]);
  expect(gateway.seen[0]?.headers["last-event-id"]).toBe("12");
});

test("a dub that is not there is not asked for again", async () => {
  gateway.json(404, { code: "not_found", detail: "There is no such dub.", retryable: false });
  await expect(follow()).rejects.toMatchObject({ code: "not_found" });
  expect(gateway.seen).toHaveLength(1);
});

test("whoever stops listening is not connected again", async () => {
  const stop = new AbortController();
  gateway.events({ id: 1, data: told("progress", 0.1) });
  const polydub = new Polydub({ baseUrl: gateway.url });
  for await (const { message } of polydub.followDub("dub_1", { signal: stop.signal })) {
    expect(message).toEqual(told("progress", 0.1));
    stop.abort();
  }
  expect(gateway.seen).toHaveLength(1);
});

test("events are read however their bytes are cut", async () => {
  const text = 'retry: 2000\n\n: still here\n\nid: 1\r\ndata: {"a":\r\ndata: "é"}\r\n\r\nid: 2\ndata: x\n\n';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 3, 7, bytes.length]) {
    const found = [];
    for await (const event of serverEvents(cut(bytes, size))) found.push(event);
    expect(found).toEqual([
      { id: "1", data: '{"a":\n"é"}' },
      { id: "2", data: "x" },
    ]);
  }
});

function cut(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}
