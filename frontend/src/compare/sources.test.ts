import type { Artifact } from "polydub-client";
import { expect, test } from "vitest";
import { dubSource, isSoundOnly, originalSources, playableLanguages, type Film } from "./sources";

function file(name: string, media_type: string): Artifact {
  return { name, media_type, kind: "video", language: "es", size_bytes: 1, url: `/files/${name}` };
}

const burned = file("talk.es.burned.mp4", "video/mp4");
const dub = file("talk.es.mp4", "video/mp4");

const film: Film = {
  filename: "talk.mp4",
  posterUrl: null,
  sourceLanguage: "en",
  languages: [
    { language: "es", artifacts: [burned, dub], isDelivered: true },
    { language: "fr", artifacts: [], isDelivered: false },
  ],
  originalUrl: "/original",
  streamUrl: null,
  isSlowed: false,
};
const live = { ...film, streamUrl: "/hls/master.m3u8" };

test("a finished language plays its file, the others the stream once there is one", () => {
  expect(dubSource(film, "es")).toEqual({ kind: "file", url: "/files/talk.es.mp4?inline=true" });
  expect(dubSource(film, "fr")).toBeNull();
  expect(dubSource(live, "fr")).toEqual({ kind: "stream", url: "/hls/master.m3u8" });
  expect(playableLanguages(film)).toEqual(["es"]);
  expect(playableLanguages(live)).toEqual(["es", "fr"]);
});

test("files of a dub that is being made again are not whole", () => {
  const language = { language: "es", artifacts: [dub], isDelivered: false };
  const again = { ...film, languages: [language] };
  expect(dubSource(again, "es")).toBeNull();
});

test("the original comes from the stream's sound, else from the upload", () => {
  expect(originalSources("/original", null)).toEqual([{ kind: "file", url: "/original" }]);
  const best = originalSources("/original", "/hls/master.m3u8");
  expect(best.map((each) => each.url)).toEqual(["/hls/original.m3u8", "/original"]);
});

test("sound alone has no picture", () => {
  const sound = file("talk.es.m4a", "audio/mp4");
  const language = { language: "es", artifacts: [sound], isDelivered: true };
  expect(isSoundOnly({ ...film, languages: [language] })).toBe(true);
  expect(isSoundOnly(film)).toBe(false);
});
