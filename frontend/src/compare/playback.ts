import type { Ear } from "../design/EarSwitch";
import { attach, type Attached } from "./attaching";
import type { Line } from "./lines";
import { Pair } from "./pair";
import type { Source } from "./sources";

/** What people see of the player's state. */
export interface Shown {
  isPlaying: boolean;
  isWaiting: boolean;
  timeS: number;
  /** 0: not known yet. */
  durationS: number;
  hasPicture: boolean;
  volume: number;
  isMuted: boolean;
  speed: number;
  ear: Ear;
  /** Whether the original can be heard: not yet, yes, or in no form that this browser plays. */
  original: "loading" | "ready" | "missing";
  hasFailed: boolean;
}

const TICK_MS = 50;
const WATCHED = [
  "play", "pause", "playing", "waiting", "seeking", "seeked", "timeupdate", "durationchange",
  "loadedmetadata", "ended", "ratechange",
] as const; // prettier-ignore
const KEPT_AS = "polydub.volume";

/**
 * A dub and its original as one player. Owns the two elements: the dub's `video`, to be put into
 * the page, and the original's `sound`, which nobody sees.
 */
export class Playback {
  readonly video = document.createElement("video");
  readonly sound = document.createElement("audio");
  readonly pair = new Pair(this.video, this.sound);
  #shown: Shown = {
    isPlaying: false,
    isWaiting: false,
    timeS: 0,
    durationS: 0,
    hasPicture: true,
    volume: keptVolume(),
    isMuted: false,
    speed: 1,
    ear: "dub",
    original: "loading",
    hasFailed: false,
  };
  #listeners = new Set<() => void>();
  #dub: { source: Source; attached: Attached } | undefined;
  #original: Attached | undefined;
  #originals: readonly Source[] = [];
  #hasRenewed = false;
  /** Called once when something can't be fetched: whoever asks may have to be known anew. */
  #renew: () => Promise<unknown>;

  constructor(renew: () => Promise<unknown>) {
    this.#renew = renew;
    this.video.playsInline = true;
    this.video.preload = "auto";
    this.sound.preload = "auto";
    this.video.dataset["clock"] = "dub";
    this.sound.dataset["clock"] = "original";
    this.pair.setVolume(this.#shown.volume, false);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  shown = (): Shown => this.#shown;

  /** Keeps both together and tells what happens, until it is stopped by what this returns. */
  run(onTick: (differenceS: number | null) => void): () => void {
    const stop = new AbortController();
    for (const name of WATCHED) {
      this.video.addEventListener(name, () => this.#look(), { signal: stop.signal });
    }
    const look = () => this.#show({ original: "ready" });
    this.sound.addEventListener("canplay", look, { signal: stop.signal });
    const timer = setInterval(() => {
      this.pair.tick();
      onTick(this.pair.differenceS);
    }, TICK_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
      this.pair.close();
      this.video.pause();
    };
  }

  /** Lets go of all that is being fetched. */
  close(): void {
    this.#dub?.attached.detach();
    this.#original?.detach();
    this.#dub = this.#original = undefined;
    this.#originals = [];
  }

  /** Plays a language; goes on where it was when that comes from elsewhere now. */
  showDub(source: Source, language: string): void {
    if (this.#dub?.source.url !== source.url) this.#attachDub(source, this.#leave());
    this.#dub?.attached.chooseSound(language);
  }

  /** @param sources of the original, best first. */
  showOriginal(sources: readonly Source[]): void {
    if (String(sources.map(urlOf)) === String(this.#originals.map(urlOf))) return;
    this.#originals = sources;
    this.#attachOriginal(0);
  }

  /** @param placeOf where a moment of the dub lies in the original. */
  setPlaces(placeOf: (dubS: number) => number): void {
    this.pair.placeOf = placeOf;
  }

  toggle(): void {
    if (this.video.paused) void this.video.play().catch(() => undefined);
    else this.video.pause();
  }

  moveTo(timeS: number): void {
    const endS = this.#shown.durationS || timeS;
    this.video.currentTime = Math.min(Math.max(0, timeS), endS);
    this.#look();
  }

  /** To where a line begins in what is heard. */
  moveToLine(line: Line): void {
    const { startS } = (this.#shown.ear === "dub" ? line.dubbed : null) ?? line.original;
    this.moveTo(startS);
  }

  listenTo(ear: Ear): void {
    if (ear === "original" && this.#shown.original === "missing") return;
    this.pair.listenTo(ear);
    this.#show({ ear });
  }

  setVolume(volume: number, isMuted = false): void {
    const kept = Math.min(1, Math.max(0, volume));
    localStorage.setItem(KEPT_AS, String(kept));
    this.pair.setVolume(kept, isMuted);
    this.#show({ volume: kept, isMuted });
  }

  setSpeed(speed: number): void {
    this.video.defaultPlaybackRate = this.video.playbackRate = speed;
    this.#show({ speed });
  }

  #attachDub(source: Source, place: Place): void {
    const attached = attach(this.video, source, () => void this.#again(source));
    this.#dub = { source, attached };
    this.#show({ hasFailed: false });
    this.video.addEventListener("loadedmetadata", () => this.#goOn(source, place), { once: true });
  }

  /** Lets go of what is played; where it was. */
  #leave(): Place {
    const place = { timeS: this.video.currentTime, isPlaying: !this.video.paused };
    this.#dub?.attached.detach();
    return place;
  }

  #goOn(source: Source, place: Place): void {
    if (this.#dub?.source !== source) return;
    if (place.timeS > 0) this.video.currentTime = place.timeS;
    if (place.isPlaying) void this.video.play().catch(() => undefined);
  }

  /** Once, behind a renewal: the way to what was shown a while ago may have closed meanwhile. */
  async #again(source: Source): Promise<void> {
    const place = { timeS: this.#shown.timeS, isPlaying: this.#shown.isPlaying };
    if (this.#hasRenewed) {
      this.#show({ hasFailed: true, isPlaying: false });
      return;
    }
    this.#hasRenewed = true;
    await this.#renew().catch(() => undefined);
    if (this.#dub?.source !== source) return;
    this.#dub.attached.detach();
    this.#attachDub({ ...source }, place);
  }

  #attachOriginal(choice: number): void {
    this.#original?.detach();
    this.#original = undefined;
    const source = this.#originals[choice];
    this.#show({ original: source ? "loading" : "missing" });
    if (source) {
      this.#original = attach(this.sound, source, () => this.#attachOriginal(choice + 1));
    } else this.listenTo("dub");
  }

  #look(): void {
    const { video } = this;
    this.pair.tick();
    this.#show({
      isPlaying: !video.paused && !video.ended,
      isWaiting: !video.paused && !video.ended && video.readyState < 3,
      timeS: video.currentTime,
      durationS: Number.isFinite(video.duration) ? video.duration : this.#shown.durationS,
      hasPicture: video.readyState < 1 ? this.#shown.hasPicture : video.videoWidth > 0,
    });
  }

  #show(changed: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...changed };
    for (const listener of this.#listeners) listener();
  }
}

const urlOf = (source: Source) => source.url;

interface Place {
  timeS: number;
  isPlaying: boolean;
}

function keptVolume(): number {
  const kept = Number(localStorage.getItem(KEPT_AS) ?? "1");
  return kept >= 0 && kept <= 1 ? kept : 1;
}
