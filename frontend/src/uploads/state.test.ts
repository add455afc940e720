import type { Video } from "polydub-client";
import { expect, test } from "vitest";
import {
  fingerprintOf,
  fractionOf,
  itemOfFile,
  newItem,
  readKept,
  toKeep,
  whoseTurn,
} from "./state";

const video = { id: "vid_1" } as Video;

test("only so many are sent at a time, in the order in which they came", () => {
  const items = [
    newItem("a", "a.mp4", { state: "sending" }),
    newItem("b", "b.mp4", {}),
    newItem("c", "c.mp4", {}),
    newItem("d", "d.mp4", { state: "paused" }),
  ];
  expect(whoseTurn(items, 2).map((item) => item.id)).toEqual(["b"]);
  expect(whoseTurn(items, 9).map((item) => item.id)).toEqual(["b", "c"]);
  expect(whoseTurn(items, 1)).toEqual([]);
});

test("the same file chosen again is known, unless it failed", () => {
  const file = new File(["abc"], "talk.mp4", { lastModified: 5, type: "video/mp4" });
  const fingerprint = fingerprintOf(file);
  const broken = newItem("a", "talk.mp4", { state: "interrupted", fingerprint });
  const failed = newItem("b", "talk.mp4", { state: "failed", fingerprint });
  expect(itemOfFile([failed, broken], fingerprint)).toBe(broken);
  expect(itemOfFile([failed], fingerprint)).toBeUndefined();
  const other = new File(["abcd"], "talk.mp4", { lastModified: 5, type: "video/mp4" });
  expect(itemOfFile([broken], fingerprintOf(other))).toBeUndefined();
});

test("what can go on after a reload is kept, and read as it was", () => {
  const items = [
    newItem("a", "a.mp4", { address: "/v1/uploads/upl_1", sizeBytes: 10, fingerprint: "f" }),
    newItem("b", "b.mp4", { state: "ready", video }),
    newItem("c", "c.mp4", {}),
  ];
  const kept = readKept(JSON.stringify(toKeep(items)));
  expect(kept.map(({ id, videoId }) => [id, videoId])).toEqual([
    ["a", null],
    ["b", "vid_1"],
  ]);
  expect(kept[0]).toMatchObject({ address: "/v1/uploads/upl_1", fingerprint: "f" });
});

test.each([null, "", "nonsense", "{}", "[1, null]"])("%s was not kept by us", (text) => {
  expect(readKept(text)).toEqual([]);
});

test("how far something is follows from its bytes, or from what is told", () => {
  expect(fractionOf(newItem("a", "a", { sizeBytes: 200, sentBytes: 50 }))).toBe(0.25);
  expect(fractionOf(newItem("a", "a", { state: "fetching", progress: 0.4 }))).toBe(0.4);
  expect(fractionOf(newItem("a", "a", { state: "checking", sizeBytes: 200 }))).toBe(1);
});
