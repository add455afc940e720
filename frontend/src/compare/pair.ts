import type { Ear } from "../design/EarSwitch";
import { correction, nextLead, Readings } from "./syncing";

/** What of a player this needs; so that it can be tested without one. */
export type Playing = Pick<
  HTMLMediaElement,
  | "currentTime"
  | "duration"
  | "ended"
  | "muted"
  | "paused"
  | "pause"
  | "play"
  | "playbackRate"
  | "readyState"
  | "seeking"
  | "volume"
>;

const HAS_THIS_MOMENT = 2;
const HAS_MORE = 3;
/** Below this a paused follower needs no seek. */
const SAME_MOMENT_S = 0.005;
/** A jump that has not settled for so long is made again. */
const JUMP_AGAIN_MS = 700;
const FADE_MS = 16;
const FADE_STEPS = 4;

/**
 * Two players at one playhead: the dub, which leads, and the original, which follows. Both always
 * run, one of them muted, so that changing over leaves no gap.
 */
export class Pair {
  readonly #leader: Playing;
  readonly #follower: Playing;
  #volume = 1;
  #isMuted = false;
  #wanted: Ear = "dub";
  #heard: Ear = "dub";
  #isCorrecting = false;
  readonly #readings = new Readings();
  #leadS = 0;
  #jumpedAtMs: number | null = null;
  /** False from any start or seek until both are at one moment. */
  #isSettled = false;
  #fade: ReturnType<typeof setInterval> | undefined;
  /** Where a moment of the leader lies in the follower. */
  placeOf: (leaderS: number) => number = (leaderS) => leaderS;

  constructor(leader: Playing, follower: Playing) {
    this.#leader = leader;
    this.#follower = follower;
    this.#apply();
  }

  /** How far the follower is ahead, in seconds; null while there is nothing to compare. */
  get differenceS(): number | null {
    if (this.#follower.readyState < HAS_THIS_MOMENT) return null;
    return this.#follower.currentTime - this.placeOf(this.#leader.currentTime);
  }

  get heard(): Ear {
    return this.#heard;
  }

  /** Whether what is wanted can be heard, at its moment. */
  get isSettled(): boolean {
    return this.#isSettled && this.#heard === this.#wanted;
  }

  listenTo(ear: Ear): void {
    this.#wanted = ear;
    if (ear === "dub") this.#changeOver("dub");
    else this.tick();
  }

  setVolume(volume: number, isMuted: boolean): void {
    this.#volume = volume;
    this.#isMuted = isMuted;
    this.#apply();
  }

  /** To be called many times a second, and whenever either has started, stopped or been moved. */
  tick(nowMs = performance.now()): void {
    const differenceS = this.differenceS;
    if (differenceS === null || (this.#follower.seeking && !this.#isJumpLate(nowMs))) return;
    if (this.#isOver()) this.#follower.pause();
    else if (this.#isLeaderRunning()) this.#keepUp(differenceS, nowMs);
    else this.#rest(differenceS);
    if (this.#wanted !== this.#heard && this.#isSettled) this.#changeOver(this.#wanted);
  }

  close(): void {
    clearInterval(this.#fade);
    this.#follower.pause();
  }

  #isLeaderRunning(): boolean {
    const leader = this.#leader;
    return !leader.paused && !leader.seeking && !leader.ended && leader.readyState >= HAS_MORE;
  }

  /** Whether the follower ends before the leader does, and has. */
  #isOver(): boolean {
    return this.placeOf(this.#leader.currentTime) >= this.#follower.duration - SAME_MOMENT_S;
  }

  #isJumpLate(nowMs: number): boolean {
    return this.#jumpedAtMs !== null && nowMs - this.#jumpedAtMs > JUMP_AGAIN_MS;
  }

  /** Waits at the leader's moment. */
  #rest(differenceS: number): void {
    if (!this.#follower.paused) this.#follower.pause();
    this.#follower.playbackRate = this.#leader.playbackRate;
    this.#isCorrecting = false;
    if (Math.abs(differenceS) > SAME_MOMENT_S) this.#follower.currentTime -= differenceS;
    this.#settle(false);
  }

  #keepUp(differenceS: number, nowMs: number): void {
    if (this.#follower.paused) this.#start();
    if (this.#jumpedAtMs !== null && !this.#follower.seeking) {
      this.#leadS = nextLead(this.#leadS, differenceS);
      this.#jumpedAtMs = null;
    }
    this.#readings.add(differenceS);
    if (this.#readings.areInTime) this.#settle(true);
    const isHeard = this.#heard === "original" && this.#isSettled && !this.#isMuted;
    const told = correction({
      differenceS: this.#readings.middleS(isHeard ? "heard" : "unheard"),
      isHeard,
      isCorrecting: this.#isCorrecting,
    });
    this.#isCorrecting = told.kind === "rate";
    const factor = told.kind === "rate" ? told.factor : 1;
    const rate = this.#leader.playbackRate * this.#slope() * factor;
    if (this.#follower.playbackRate !== rate) this.#follower.playbackRate = rate;
    if (told.kind === "jump") this.#jump(nowMs);
  }

  /** Browsers that want a press for every sound let muted ones begin; the next press unmutes it. */
  #start(): void {
    this.#follower.play().catch(() => {
      this.#follower.muted = true;
      void this.#follower.play().catch(() => undefined);
    });
  }

  /** How much of the follower's time goes by in the leader's. */
  #slope(): number {
    const at = this.#leader.currentTime;
    return this.placeOf(at + 0.5) - this.placeOf(at - 0.5);
  }

  #jump(nowMs: number): void {
    this.#settle(false);
    this.#jumpedAtMs = nowMs;
    this.#follower.currentTime = this.placeOf(this.#leader.currentTime) + this.#leadS;
  }

  #settle(isSettled: boolean): void {
    if (!isSettled) this.#readings.clear();
    if (this.#isSettled === isSettled) return;
    this.#isSettled = isSettled;
    this.#apply();
  }

  /** One gets quiet while the other gets loud; a sudden cut would click. */
  #changeOver(ear: Ear): void {
    if (this.#heard === ear) return;
    this.#heard = ear;
    const [from, to] = ear === "dub" ? [this.#follower, this.#leader] : [this.#leader, this.#follower];
    clearInterval(this.#fade);
    let step = 0;
    this.#fade = setInterval(() => {
      step += 1;
      const share = step / FADE_STEPS;
      setLoudness(to, this.#loudness * share);
      setLoudness(from, this.#loudness * (1 - share));
      if (step === FADE_STEPS) this.#apply();
    }, FADE_MS / FADE_STEPS);
  }

  get #loudness(): number {
    return this.#isMuted ? 0 : this.#volume;
  }

  #apply(): void {
    clearInterval(this.#fade);
    const isOriginalHeard = this.#heard === "original";
    // Until it is at its moment, the original would be heard at another one.
    setLoudness(this.#follower, isOriginalHeard && this.#isSettled ? this.#loudness : 0);
    setLoudness(this.#leader, isOriginalHeard ? 0 : this.#loudness);
  }
}

/** 80 dB below what the file holds: nobody hears it. */
export const SILENCE = 0.0001;

/**
 * Browsers give a player that is silent from its start no real output, and its clock stumbles when
 * it gets one: so what is not heard is as good as silent. Phones that leave the volume to their keys
 * mute it.
 */
function setLoudness(player: Playing, loudness: number): void {
  player.volume = Math.max(SILENCE, loudness);
  player.muted = player.volume > SILENCE && loudness === 0;
}
