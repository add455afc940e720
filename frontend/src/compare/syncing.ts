/**
 * Keeps one player's time on another's. Pure: it says what to do, its caller does it.
 *
 * The one that leads is never touched. The other is sped up or slowed down a little, which nobody
 * hears while it is muted and hardly anybody within a few percent; further off, it jumps.
 */

/** What was read of both at one moment. */
export interface Reading {
  /** How far the follower is ahead of where it should be, in seconds; negative: behind. */
  differenceS: number;
  /** Whether people hear it. */
  isHeard: boolean;
  /** Whether its rate is being corrected already. */
  isCorrecting: boolean;
}

export type Correction =
  | { kind: "none" }
  /** Its rate, as a factor of the leader's. */
  | { kind: "rate"; factor: number }
  | { kind: "jump" };

/** Nobody notices less. */
const IN_TIME_S = 0.025;
/** Players tell their time with some noise: so many readings are looked at together. */
const READINGS = { unheard: 3, heard: 5 };
/** What is heard may never be further off. */
export const TOO_FAR_S = 0.045;
/** What is not heard can catch up from here without a jump, which takes longer. */
export const FAR_UNHEARD_S = 0.2;
/** A correction begins here, and ends there. */
const BEGIN_S = { heard: 0.015, unheard: 0.008 };
const END_S = { heard: 0.004, unheard: 0.002 };
const MOST = { heard: 0.04, unheard: 0.4 };
/** In which time a difference would be made good, if rates had no limit. */
const WITHIN_S = { heard: 0.6, unheard: 0.3 };

export function correction({ differenceS, isHeard, isCorrecting }: Reading): Correction {
  const ear = isHeard ? "heard" : "unheard";
  const size = Math.abs(differenceS);
  if (size > (isHeard ? TOO_FAR_S : FAR_UNHEARD_S)) return { kind: "jump" };
  if (size <= (isCorrecting ? END_S[ear] : BEGIN_S[ear])) return { kind: "none" };
  const change = Math.min(MOST[ear], size / WITHIN_S[ear]);
  return { kind: "rate", factor: 1 - Math.sign(differenceS) * change };
}

const LONGEST_LEAD_S = 0.2;

/** A jump takes time, in which the leader goes on: what was left over is aimed ahead by next time. */
export function nextLead(leadS: number, differenceS: number): number {
  return Math.min(LONGEST_LEAD_S, Math.max(0, leadS - differenceS / 2));
}

/** What was read last, to tell noise from being off. */
export class Readings {
  #latest: number[] = [];

  add(differenceS: number): void {
    this.#latest = [...this.#latest, differenceS].slice(-READINGS.heard);
  }

  clear(): void {
    this.#latest = [];
  }

  /** The middle one of some: of more where a needless correction would be heard. */
  middleS(ear: "heard" | "unheard"): number {
    const inOrder = this.#latest.slice(-READINGS[ear]).toSorted((a, b) => a - b);
    return inOrder[Math.floor(inOrder.length / 2)] ?? 0;
  }

  /** Whether both have been at one moment for a while. */
  get areInTime(): boolean {
    const some = this.#latest.slice(-READINGS.unheard);
    return some.length === READINGS.unheard && some.every((each) => Math.abs(each) <= IN_TIME_S);
  }
}
