import { expect, test } from "vitest";
import { adts, framesIn, headOf, rangesOf, soundIndex } from "./mp4";
import { peaksOf, PEAKS_PER_S } from "./waveform";

const text = (type: string) => Array.from(type, (sign) => sign.charCodeAt(0));
const u32 = (...values: number[]) =>
  values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
const box = (type: string, ...content: number[][]): number[] => {
  const inside = content.flat();
  return [...u32(inside.length + 8), ...text(type), ...inside];
};
const zeros = (count: number) => new Array<number>(count).fill(0);

/** AAC-LC, 44100 Hz, stereo: 00010 0100 0010 000. */
const CONFIG = [0x12, 0x10];
const ESDS = box(
  "esds",
  u32(0),
  [3, 25, 0, 1, 0],
  [4, 0x80, 0x80, 0x80, 17, 0x40, 0x15, ...zeros(11)],
  [5, 0x80, 0x80, 0x80, 2, ...CONFIG],
);

/** Six frames of 10 to 15 bytes; two to a chunk, then four; the chunks lie apart. */
function moov(handler = "soun"): DataView {
  const bytes = box(
    "moov",
    box(
      "trak",
      box(
        "mdia",
        box("mdhd", u32(0, 0, 0, 1000, 6000), [0, 0, 0, 0]),
        box("hdlr", u32(0, 0), text(handler), zeros(13)),
        box(
          "minf",
          box(
            "stbl",
            box("stsd", u32(0, 1), box("mp4a", zeros(28), ESDS)),
            box("stts", u32(0, 2, 2, 1000, 4, 500)),
            box("stsc", u32(0, 2, 1, 2, 1, 2, 4, 1)),
            box("stsz", u32(0, 0, 6, 10, 11, 12, 13, 14, 15)),
            box("stco", u32(0, 2, 100, 5000)),
          ),
        ),
      ),
    ),
  );
  return new DataView(new Uint8Array(bytes).buffer);
}

function index() {
  const found = soundIndex(moov());
  if (!found) throw new Error("no sound");
  return found;
}

test("each frame's place, length and time are read", () => {
  const { offsets, sizes, times, timescale, profile, rateIndex, channels } = index();
  expect([...offsets]).toEqual([100, 110, 5000, 5012, 5025, 5039]);
  expect([...sizes]).toEqual([10, 11, 12, 13, 14, 15]);
  expect([...times]).toEqual([0, 1000, 2000, 2500, 3000, 3500]);
  expect({ timescale, profile, rateIndex, channels }).toEqual({
    timescale: 1000,
    profile: 1,
    rateIndex: 4,
    channels: 2,
  });
});

test("a file without sound has no index", () => {
  expect(soundIndex(moov("vide"))).toBeNull();
});

test("of a span only its frames are fetched, near ones at once", () => {
  // One frame more in front, because a decoder needs it to begin.
  expect(framesIn(index(), 2.5, 3.4)).toEqual([2, 5]);
  expect(rangesOf(index(), [0, 6], 0)).toEqual([
    { start: 100, end: 121, frames: [0, 2] },
    { start: 5000, end: 5054, frames: [2, 6] },
  ]);
  expect(rangesOf(index(), [0, 6], 10_000)).toHaveLength(1);
});

test("frames get the headers of a stream", () => {
  const stream = adts(index(), [{ frame: 0, bytes: new Uint8Array([1, 2, 3]) }]);
  // Sync word, AAC-LC, 44100 Hz, two channels, 10 bytes in all.
  expect([...stream]).toEqual([0xff, 0xf1, 0x50, 0x80, 0x01, 0x5f, 0xfc, 1, 2, 3]);
});

test("a box's head tells how long it is, also a long one's", () => {
  const head = (...bytes: number[]) => headOf(new DataView(new Uint8Array(bytes).buffer));
  expect(head(...u32(24), ...text("ftyp"), ...zeros(8))).toEqual({ type: "ftyp", size: 24 });
  expect(head(...u32(1), ...text("mdat"), ...u32(1, 16))).toEqual({
    type: "mdat",
    size: 2 ** 32 + 16,
  });
  expect(head(1)).toBeNull();
});

test("peaks are the loudest of each piece, behind what is skipped", () => {
  const samples = new Float32Array(8000 * 2);
  samples[8000 + 800] = -0.25;
  const peaks = peaksOf(samples, 8000, 1);
  expect(peaks).toHaveLength(PEAKS_PER_S);
  expect([...peaks].findIndex((peak) => peak > 0)).toBe(10);
  expect(peaks[10]).toBe(128);
});
