import { expect, test } from "vitest";
import type { Line } from "./lines";
import { vttOf } from "./vtt";

test("lines as subtitles, with nothing in them that means something else", () => {
  const original = { startS: 3661.5, endS: 3662.04 };
  const line = { original, sourceText: "A <b> & --> \n\n B" } as Line;
  expect(vttOf([line])).toBe(
    "WEBVTT\n\n01:01:01.500 --> 01:01:02.040\nA &lt;b&gt; &amp; --&gt;\nB\n",
  );
});
