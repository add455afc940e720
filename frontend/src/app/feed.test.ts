import type { InfiniteData } from "@tanstack/react-query";
import type { Dub, DubPage, FeedChange } from "polydub-client";
import { expect, test } from "vitest";
import { withChange } from "./feed";

const dub = (id: string) =>
  ({ id, state: "queued", progress: 0, languages: [{ language: "es", state: "queued" }] }) as Dub;
const list: InfiniteData<DubPage> = {
  pages: [
    { dubs: [dub("dub_1"), dub("dub_2")], next_cursor: "c" },
    { dubs: [dub("dub_3")], next_cursor: null },
  ],
  pageParams: ["", "c"],
};
const change = (job_id: string, state: FeedChange["state"]): FeedChange => ({
  type: "dub",
  sequence: 1,
  timestamp: "2026-01-05T09:30:00Z",
  job_id,
  video_id: "vid_1",
  state,
  progress: 0.5,
  languages: { es: "processing" },
});

test("a change reaches its dub on whichever page it is", () => {
  const changed = withChange(list, change("dub_3", "processing"));
  expect(changed.pages[1]?.dubs[0]).toMatchObject({
    state: "processing",
    progress: 0.5,
    languages: [{ language: "es", state: "processing" }],
  });
  expect(changed.pages[0]?.dubs).toEqual(list.pages[0]?.dubs);
});

test("a deleted dub leaves the list, and others' changes leave it as it is", () => {
  const changed = withChange(list, change("dub_1", "deleted"));
  expect(changed.pages[0]?.dubs.map((each) => each.id)).toEqual(["dub_2"]);
  expect(withChange(list, change("dub_9", "processing"))).toBe(list);
});
