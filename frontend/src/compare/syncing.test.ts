import { expect, test } from "vitest";
import { correction, nextLead, Readings, TOO_FAR_S } from "./syncing";

/** Plays a follower that answers to corrections; how far off it was at each tick of 50 ms. */
function played(differenceS: number, isHeard: boolean, ticks: number, drift = 0): number[] {
  const seen = [];
  let factor = 1;
  for (let tick = 0; tick < ticks; tick += 1) {
    const told = correction({ differenceS, isHeard, isCorrecting: factor !== 1 });
    if (told.kind === "jump") differenceS = 0;
    factor = told.kind === "rate" ? told.factor : 1;
    differenceS += (factor - 1 + drift) * 0.05;
    seen.push(Math.abs(differenceS));
  }
  return seen;
}

test("what is in time is left alone", () => {
  for (const differenceS of [0, 0.003, -0.003]) {
    expect(correction({ differenceS, isHeard: false, isCorrecting: false }).kind).toBe("none");
  }
  expect(correction({ differenceS: 0.012, isHeard: true, isCorrecting: false }).kind).toBe("none");
});

test("who is ahead is slowed down, who is behind sped up", () => {
  const ahead = correction({ differenceS: 0.03, isHeard: true, isCorrecting: false });
  const behind = correction({ differenceS: -0.03, isHeard: true, isCorrecting: false });
  expect(ahead).toEqual({ kind: "rate", factor: 0.96 });
  expect(behind).toEqual({ kind: "rate", factor: 1.04 });
});

test("a heard voice that is too far off jumps; an unheard one has time", () => {
  const differenceS = TOO_FAR_S + 0.01;
  expect(correction({ differenceS, isHeard: true, isCorrecting: true }).kind).toBe("jump");
  expect(correction({ differenceS, isHeard: false, isCorrecting: true }).kind).toBe("rate");
  expect(correction({ differenceS: 1, isHeard: false, isCorrecting: true }).kind).toBe("jump");
});

test.each([0.19, -0.19, 0.05])("an unheard follower that is %d s off is in time soon", (offS) => {
  expect(played(offS, false, 60).slice(-20).every((each) => each < 0.01)).toBe(true);
});

test.each([0.001, -0.001, 0.02])("clocks that drift by %d stay within 50 ms", (drift) => {
  expect(Math.max(...played(0, true, 2000, drift))).toBeLessThan(0.05);
});

test("once begun, a correction goes on until little is left", () => {
  expect(correction({ differenceS: 0.01, isHeard: true, isCorrecting: true }).kind).toBe("rate");
  expect(correction({ differenceS: 0.003, isHeard: true, isCorrecting: true }).kind).toBe("none");
});

test("jumps learn how long they take", () => {
  let leadS = 0;
  for (let jump = 0; jump < 12; jump += 1) leadS = nextLead(leadS, leadS - 0.12);
  expect(leadS).toBeCloseTo(0.12, 2);
  expect(nextLead(0, 3)).toBe(0);
  expect(nextLead(0.4, -9)).toBe(0.2);
});

test("one noisy reading does not count, being off for a while does", () => {
  const readings = new Readings();
  for (const each of [0.001, 0.09, 0.002]) readings.add(each);
  expect([readings.middleS("heard"), readings.areInTime]).toEqual([0.002, false]);
  for (const each of [0.02, -0.01]) readings.add(each);
  expect(readings.areInTime).toBe(true);
  readings.clear();
  expect(readings.areInTime).toBe(false);
});
