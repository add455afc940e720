/**
 * Where the sound lies in an MP4 file, so that a moment of it can be fetched and decoded without
 * the rest (ISO/IEC 14496-12 for the boxes, 14496-3 for the frames of AAC).
 */
export interface SoundIndex {
  /** Per frame: where it lies in the file, how long it is, and when it sounds (in `timescale`). */
  offsets: Float64Array;
  sizes: Uint32Array;
  times: Float64Array;
  timescale: number;
  /** The decoder's configuration, as ADTS tells it. */
  profile: number;
  rateIndex: number;
  channels: number;
}

interface Box {
  type: string;
  start: number;
  end: number;
}

/** The top-level box at the beginning of a piece of the file: its type and its whole length. */
export function headOf(bytes: DataView): { type: string; size: number } | null {
  if (bytes.byteLength < 16) return null;
  const size = bytes.getUint32(0);
  return { type: name(bytes, 4), size: size === 1 ? Number(bytes.getBigUint64(8)) : size };
}

/** The sound of a whole `moov` box; null where there is no AAC in it. */
export function soundIndex(moov: DataView): SoundIndex | null {
  for (const trak of children(moov, { type: "moov", start: 8, end: moov.byteLength })) {
    if (trak.type !== "trak") continue;
    const media = find(moov, trak, "mdia");
    const handler = media && find(moov, media, "hdlr");
    if (!media || !handler || name(moov, handler.start + 8) !== "soun") continue;
    return trackIndex(moov, media);
  }
  return null;
}

function trackIndex(moov: DataView, media: Box): SoundIndex | null {
  const header = find(moov, media, "mdhd");
  const table = find(moov, media, "minf", "stbl");
  const config = table && configOf(moov, table);
  if (!header || !table || !config) return null;
  const isLong = moov.getUint8(header.start) === 1;
  const timescale = moov.getUint32(header.start + (isLong ? 20 : 12));
  const sizes = sizesOf(moov, table);
  const offsets = offsetsOf(moov, table, sizes);
  const times = timesOf(moov, table, sizes.length);
  return offsets && times && { offsets, sizes, times, timescale, ...config };
}

function sizesOf(moov: DataView, table: Box): Uint32Array {
  const box = find(moov, table, "stsz");
  if (!box) return new Uint32Array();
  const [all, count] = [moov.getUint32(box.start + 4), moov.getUint32(box.start + 8)];
  const sizes = new Uint32Array(count);
  for (let n = 0; n < count; n++) sizes[n] = all || moov.getUint32(box.start + 12 + 4 * n);
  return sizes;
}

function offsetsOf(moov: DataView, table: Box, sizes: Uint32Array): Float64Array | null {
  const runs = find(moov, table, "stsc");
  const short = find(moov, table, "stco");
  const chunks = short ?? find(moov, table, "co64");
  if (!runs || !chunks) return null;
  const chunkAt = (n: number) =>
    short
      ? moov.getUint32(chunks.start + 8 + 4 * n)
      : Number(moov.getBigUint64(chunks.start + 8 + 8 * n));
  const offsets = new Float64Array(sizes.length);
  const runCount = moov.getUint32(runs.start + 4);
  const chunkCount = moov.getUint32(chunks.start + 4);
  let frame = 0;
  for (let run = 0; run < runCount; run++) {
    const at = runs.start + 8 + 12 * run;
    const first = moov.getUint32(at) - 1;
    const last = run + 1 < runCount ? moov.getUint32(at + 12) - 1 : chunkCount;
    const perChunk = moov.getUint32(at + 4);
    for (let chunk = first; chunk < last; chunk++) {
      let offset = chunkAt(chunk);
      for (let n = 0; n < perChunk && frame < sizes.length; n++, frame++) {
        offsets[frame] = offset;
        offset += sizes[frame] ?? 0;
      }
    }
  }
  return offsets;
}

function timesOf(moov: DataView, table: Box, count: number): Float64Array | null {
  const box = find(moov, table, "stts");
  if (!box) return null;
  const times = new Float64Array(count);
  let [frame, time] = [0, 0];
  for (let n = 0; n < moov.getUint32(box.start + 4); n++) {
    const many = moov.getUint32(box.start + 8 + 8 * n);
    const delta = moov.getUint32(box.start + 12 + 8 * n);
    for (let m = 0; m < many && frame < count; m++, frame++) {
      times[frame] = time;
      time += delta;
    }
  }
  return times;
}

/** The AudioSpecificConfig within `stsd`'s `esds`; null for anything but AAC. */
function configOf(moov: DataView, table: Box) {
  const described = find(moov, table, "stsd");
  if (!described || name(moov, described.start + 12) !== "mp4a") return null;
  // The descriptor with tag 5 holds the configuration; lengths before it take 1 to 4 bytes.
  const esds = search(moov, described, "esds");
  if (esds === null) return null;
  for (let at = esds + 8; at < described.end - 4; at++) {
    if (moov.getUint8(at) !== 4) continue; // the decoder's own descriptor
    const inside = afterLength(moov, at + 1);
    const special = inside + 13;
    if (special + 3 >= described.end || moov.getUint8(special) !== 5) continue;
    const bits = moov.getUint16(afterLength(moov, special + 1));
    const objectType = bits >> 11;
    return {
      // With a doubled rate (5, 29) the core is told, which every decoder takes.
      profile: Math.min(objectType, 2) - 1,
      rateIndex: (bits >> 7) & 15,
      channels: (bits >> 3) & 15,
    };
  }
  return null;
}

function afterLength(moov: DataView, at: number): number {
  let end = at;
  while (moov.getUint8(end) & 0x80) end++;
  return end + 1;
}

function search(moov: DataView, box: Box, type: string): number | null {
  for (let at = box.start; at + 4 <= box.end; at++) if (name(moov, at) === type) return at;
  return null;
}

function find(moov: DataView, within: Box, ...path: string[]): Box | null {
  let found: Box | null = within;
  for (const type of path) {
    found = children(moov, found).find((each) => each.type === type) ?? null;
    if (!found) return null;
  }
  return found;
}

function children(moov: DataView, within: Box): Box[] {
  const boxes: Box[] = [];
  let at = within.start;
  while (at + 8 <= within.end) {
    const small = moov.getUint32(at);
    const isLarge = small === 1;
    const size = isLarge ? Number(moov.getBigUint64(at + 8)) : small || within.end - at;
    if (size < 8) break;
    const end = Math.min(at + size, within.end);
    boxes.push({ type: name(moov, at + 4), start: at + (isLarge ? 16 : 8), end });
    at += size;
  }
  return boxes;
}

function name(bytes: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((n) => bytes.getUint8(at + n)));
}

/** The frames that sound in a span of seconds: from the first up to, not including, the last. */
export function framesIn(index: SoundIndex, fromS: number, toS: number): [number, number] {
  return [
    Math.max(0, firstFrom(index.times, fromS * index.timescale) - 1),
    firstFrom(index.times, toS * index.timescale),
  ];
}

function firstFrom(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What of the file has to be fetched for frames; what lies close together, at once. */
export function rangesOf(
  index: SoundIndex,
  [from, to]: [number, number],
  mostGap: number,
): { start: number; end: number; frames: [number, number] }[] {
  const ranges: { start: number; end: number; frames: [number, number] }[] = [];
  for (let frame = from; frame < to; frame++) {
    const start = index.offsets[frame] ?? 0;
    const end = start + (index.sizes[frame] ?? 0);
    const last = ranges.at(-1);
    if (last && start >= last.end && start - last.end <= mostGap) {
      last.end = end;
      last.frames[1] = frame + 1;
    } else ranges.push({ start, end, frames: [frame, frame + 1] });
  }
  return ranges;
}

const ADTS_BYTES = 7;

/** Frames with the headers that make them a stream of their own (ADTS, 14496-3 1.A.2). */
export function adts(index: SoundIndex, pieces: { frame: number; bytes: Uint8Array }[]): Uint8Array<ArrayBuffer> {
  const total = pieces.reduce((sum, { bytes }) => sum + bytes.length + ADTS_BYTES, 0);
  const stream = new Uint8Array(total);
  let at = 0;
  for (const { bytes } of pieces) {
    const length = bytes.length + ADTS_BYTES;
    stream.set(
      [
        0xff,
        0xf1,
        (index.profile << 6) | (index.rateIndex << 2) | (index.channels >> 2),
        ((index.channels & 3) << 6) | (length >> 11),
        (length >> 3) & 0xff,
        ((length & 7) << 5) | 0x1f,
        0xfc,
      ],
      at,
    );
    stream.set(bytes, at + ADTS_BYTES);
    at += length;
  }
  return stream;
}
