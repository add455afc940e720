import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pair, SILENCE } from "./pair";

/** A player whose time goes by when it is told to. */
class Deck {
  currentTime = 0;
  duration = 100;
  ended = false;
  muted = false;
  paused = true;
  playbackRate = 1;
  readyState = 4;
  seeking = false;
  volume = 1;
  /** By how much more its own clock runs. */
  drift = 0;
  play = () => {
    this.paused = false;
    return Promise.resolve();
  };
  pause = () => {
    this.paused = true;
  };
  pass(seconds: number) {
    if (!this.paused) this.currentTime += seconds * this.playbackRate * (1 + this.drift);
  }
}

let leader: Deck;
let follower: Deck;
let pair: Pair;
let nowMs: number;

beforeEach(() => {
  vi.useFakeTimers();
  [leader, follower, nowMs] = [new Deck(), new Deck(), 0];
  pair = new Pair(leader, follower);
});

afterEach(() => {
  pair.close();
  vi.useRealTimers();
});

/** How loud the dub and the original are. */
const heard = () => [leader, follower].map((each) => (each.muted || each.volume <= SILENCE ? 0 : each.volume));

/** Lets time go by in steps of 50 ms; how far off the follower was at each. */
function pass(seconds: number): number[] {
  const seen = [];
  for (let step = 0; step < seconds * 20; step += 1) {
    leader.pass(0.05);
    follower.pass(0.05);
    vi.advanceTimersByTime(50);
    nowMs += 50;
    pair.tick(nowMs);
    seen.push(Math.abs(pair.differenceS ?? 0));
  }
  return seen;
}

test("the follower starts and stops with the leader, and waits at its moment", () => {
  void leader.play();
  pass(1);
  expect(follower.paused).toBe(false);
  leader.pause();
  leader.currentTime = 40;
  pass(0.1);
  expect([follower.paused, follower.currentTime]).toEqual([true, 40]);
});

test("it stands still while the leader has nothing to play", () => {
  void leader.play();
  pass(0.5);
  leader.readyState = 2;
  pair.tick(nowMs);
  expect(follower.paused).toBe(true);
});

test("the original is heard only at its moment, and nothing is heard twice", () => {
  void leader.play();
  follower.currentTime = 0.2;
  pair.listenTo("original");
  expect([...heard(), pair.isSettled]).toEqual([1, 0, false]);
  pass(1);
  expect([...heard(), pair.isSettled]).toEqual([0, 1, true]);
  pair.listenTo("dub");
  pass(0.1);
  expect(heard()).toEqual([1, 0]);
});

test("one gets loud while the other gets quiet", () => {
  void leader.play();
  pass(0.5);
  pair.setVolume(0.8, false);
  pair.listenTo("original");
  vi.advanceTimersByTime(8);
  expect(heard()).toEqual([0.4, 0.4]);
  vi.advanceTimersByTime(20);
  expect(heard()).toEqual([0, 0.8]);
});

test("after a seek the original is silent until it is there", () => {
  void leader.play();
  pass(0.5);
  pair.listenTo("original");
  pass(0.3);
  leader.seeking = true;
  leader.currentTime = 60;
  pair.tick(nowMs);
  expect([follower.currentTime, follower.volume]).toEqual([60, SILENCE]);
  leader.seeking = false;
  expect(pass(0.5).at(-1)).toBeLessThan(0.03);
  expect(follower.volume).toBe(1);
});

test.each(["dub", "original"] as const)("clocks that drift stay together, hearing the %s", (ear) => {
  follower.drift = 0.01;
  void leader.play();
  pair.listenTo(ear);
  pass(0.05);
  expect(Math.max(...pass(20))).toBeLessThan(0.05);
});

test("where the picture was slowed, the original has its own time", () => {
  pair.placeOf = (leaderS) => leaderS / 2;
  void leader.play();
  leader.currentTime = 20;
  pass(2);
  expect(follower.currentTime).toBeCloseTo(11, 1);
  expect(follower.playbackRate).toBeCloseTo(0.5, 1);
});

test("an original that ends first stays at its end", () => {
  follower.duration = 5;
  void leader.play();
  leader.currentTime = 5.5;
  pass(1);
  expect(follower.paused).toBe(true);
});

test("muting keeps everything quiet, whatever is chosen", () => {
  void leader.play();
  pass(0.5);
  pair.setVolume(1, true);
  pair.listenTo("original");
  pass(0.3);
  expect(heard()).toEqual([0, 0]);
});

test("where pages can't set the volume, muting does the same", () => {
  for (const each of [leader, follower]) {
    Object.defineProperty(each, "volume", { get: () => 1, set: () => undefined });
  }
  void leader.play();
  pass(0.5);
  expect(heard()).toEqual([1, 0]);
  pair.listenTo("original");
  pass(0.3);
  expect(heard()).toEqual([0, 1]);
});
