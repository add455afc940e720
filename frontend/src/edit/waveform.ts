import { adts, framesIn, headOf, rangesOf, soundIndex, type SoundIndex } from "./mp4";

export const TILE_S = 20;
export const PEAKS_PER_S = 100;
const RATE_HZ = 8000;
const MOST_GAP_BYTES = 256_000;
const MOST_MOOV_BYTES = 64_000_000;
const MOST_BOXES = 20;
const HEAD_BYTES = 32;

/**
 * The loudness of a file's sound, a short tile at a time: hours of it never lie in memory. Where it
 * can't be read, there is no picture of it, and nothing else is lost.
 */
export class Waveform {
  readonly #url: string;
  readonly #onTile: () => void;
  readonly #tiles = new Map<number, Uint8Array>();
  readonly #stop = new AbortController();
  #wanted: number[] = [];
  #index: Promise<SoundIndex | null> | null = null;
  #isRunning = false;

  constructor(url: string, onTile: () => void) {
    this.#url = url;
    this.#onTile = onTile;
  }

  /** Peaks of a tile, 0 to 255, `PEAKS_PER_S` for each second; null: not here (yet). */
  tile(n: number): Uint8Array | null {
    return this.#tiles.get(n) ?? null;
  }

  /** What is to be seen now; what was wanted before and is not fetched yet is forgotten. */
  want(fromS: number, toS: number): void {
    const first = Math.max(0, Math.floor(fromS / TILE_S));
    const count = Math.max(0, Math.ceil(toS / TILE_S) - first);
    this.#wanted = Array.from({ length: count }, (_, n) => first + n).filter(
      (n) => !this.#tiles.has(n),
    );
    if (!this.#isRunning && !this.#stop.signal.aborted) void this.#run();
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let n = this.#wanted.shift(); n !== undefined; n = this.#wanted.shift()) {
      const peaks = await this.#load(n);
      if (this.#stop.signal.aborted) break;
      this.#tiles.set(n, peaks);
      this.#onTile();
    }
    this.#isRunning = false;
  }

  async #load(n: number): Promise<Uint8Array> {
    try {
      this.#index ??= this.#readIndex();
      const index = await this.#index;
      return index ? await this.#decode(index, n) : new Uint8Array();
    } catch (error) {
      // Whatever the network or the decoder says: it is only a picture.
      if (!this.#stop.signal.aborted) console.warn("No waveform of this piece.", error);
      return new Uint8Array();
    }
  }

  async #readIndex(): Promise<SoundIndex | null> {
    let at = 0;
    for (let n = 0; n < MOST_BOXES; n++) {
      const head = headOf(new DataView(await this.#fetch(at, at + HEAD_BYTES)));
      if (!head || head.size < 8) return null;
      if (head.type === "moov" && head.size <= MOST_MOOV_BYTES) {
        return soundIndex(new DataView(await this.#fetch(at, at + head.size)));
      }
      at += head.size;
    }
    return null;
  }

  async #decode(index: SoundIndex, n: number): Promise<Uint8Array> {
    const fromS = n * TILE_S;
    const frames = framesIn(index, fromS, fromS + TILE_S);
    const pieces = [];
    for (const range of rangesOf(index, frames, MOST_GAP_BYTES)) {
      const bytes = new Uint8Array(await this.#fetch(range.start, range.end));
      for (let frame = range.frames[0]; frame < range.frames[1]; frame++) {
        const at = (index.offsets[frame] ?? 0) - range.start;
        pieces.push({ frame, bytes: bytes.subarray(at, at + (index.sizes[frame] ?? 0)) });
      }
    }
    if (pieces.length === 0) return new Uint8Array();
    const stream = adts(index, pieces);
    const sound = await new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(stream.buffer);
    const beginsS = (index.times[frames[0]] ?? 0) / index.timescale;
    return peaksOf(sound.getChannelData(0), sound.sampleRate, fromS - beginsS);
  }

  async #fetch(start: number, end: number): Promise<ArrayBuffer> {
    const answer = await fetch(this.#url, {
      headers: { Range: `bytes=${start}-${end - 1}` },
      signal: this.#stop.signal,
    });
    if (answer.status !== 206) throw new Error(`The server answered ${answer.status} to a range.`);
    return answer.arrayBuffer();
  }
}

/** The loudest sample of each piece, as the root of its share: quiet speech is to be seen too. */
export function peaksOf(samples: Float32Array, rateHz: number, skipS: number): Uint8Array {
  const per = rateHz / PEAKS_PER_S;
  const skip = Math.max(0, Math.round(skipS * rateHz));
  const count = Math.min(TILE_S * PEAKS_PER_S, Math.floor((samples.length - skip) / per));
  const peaks = new Uint8Array(Math.max(0, count));
  for (let n = 0; n < peaks.length; n++) {
    let loudest = 0;
    const end = skip + (n + 1) * per;
    for (let at = Math.floor(skip + n * per); at < end; at++) {
      loudest = Math.max(loudest, Math.abs(samples[at] ?? 0));
    }
    peaks[n] = Math.round(255 * Math.sqrt(Math.min(1, loudest)));
  }
  return peaks;
}
