import type { Artifact } from "polydub-client";
import { expect, test } from "vitest";
import { formatOf, keyOf, ordered } from "./files";

const file = (name: string, kind: string, media_type = "video/mp4"): Artifact => ({
  name,
  kind,
  media_type,
  language: "es",
  size_bytes: 1,
  url: `/${name}`,
});

test.each([
  [file("a.es.mp4", "video"), "file.video", "MP4"],
  [file("a.es.m4a", "audio", "audio/mp4"), "file.sound", "M4A"],
  [file("a.es.burned.mp4", "video"), "file.burned", "MP4"],
  [file("a.es.mkv", "video", "video/x-matroska"), "file.tracks", "MKV"],
  [file("a.multitrack.mkv", "video", "video/x-matroska"), "file.everyLanguage", "MKV"],
  [file("a.es.speech.wav", "stem", "audio/wav"), "file.speech", "WAV"],
  [file("a.es.background.wav", "stem", "audio/wav"), "file.background", "WAV"],
  [file("a.es.srt", "subtitles", "application/x-subrip"), "file.subtitles", "SRT"],
] as const)("$0.name", (each, key, format) => {
  expect([keyOf(each), formatOf(each)]).toEqual([key, format]);
});

test("the dub comes first, pages to read last", () => {
  const files = [
    file("a.report.html", "report", "text/html"),
    file("a.es.srt", "subtitles", "application/x-subrip"),
    file("a.report.json", "report", "application/json"),
    file("a.es.mp4", "video"),
  ];
  const names = ordered(files).map(({ name }) => name);
  expect(names).toEqual(["a.es.mp4", "a.es.srt", "a.report.json", "a.report.html"]);
});
