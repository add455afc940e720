/** Where the timeline draws its lines. Pure. */
import { isFlagged, type Line, type Stretch } from "./lines";

/** What is shown of a long film at once: any line must be wide enough to be hit and told apart. */
export const PIXELS_PER_SECOND = 16;
/** How much is drawn beyond what is in view, in seconds. */
const MARGIN_S = 30;

export interface Block {
  /** The line's place in the list. */
  number: number;
  id: string;
  startS: number;
  endS: number;
  /** 0, or 1 where it sounds together with another. */
  row: 0 | 1;
  colour: number;
  isFlagged: boolean;
}

export function blocksOf(
  lines: readonly Line[],
  speakers: ReadonlyMap<string, string>,
  ear: "original" | "dubbed",
): Block[] {
  const colours = new Map([...speakers.keys()].map((id, index) => [id, index]));
  let endS = -Infinity;
  let row: 0 | 1 = 0;
  return lines.flatMap((line, number) => {
    const at: Stretch | null = line[ear];
    if (!at) return [];
    row = at.startS < endS ? flipped(row) : 0;
    endS = Math.max(endS, at.endS);
    const colour = colours.get(line.speakerId) ?? 0;
    const isMarked = ear === "dubbed" && isFlagged(line);
    return [{ number, id: line.id, ...at, row, colour, isFlagged: isMarked }];
  });
}

const flipped = (row: 0 | 1) => (row === 0 ? 1 : 0);

/** How many pixels a second takes, so that short films fill the width and long ones scroll. */
export function scaleOf(durationS: number, widthPx: number): number {
  return durationS > 0 ? Math.max(widthPx / durationS, PIXELS_PER_SECOND) : PIXELS_PER_SECOND;
}

/** The blocks worth drawing while a part of the timeline is in view. */
export function inView(blocks: readonly Block[], fromS: number, toS: number): Block[] {
  return blocks.filter(({ startS, endS }) => endS >= fromS - MARGIN_S && startS <= toS + MARGIN_S);
}

/** Where to scroll to so that the playhead is in view; null: it is. */
export function scrollFor(headPx: number, leftPx: number, widthPx: number): number | null {
  const isInView = headPx >= leftPx && headPx <= leftPx + widthPx * 0.85;
  return isInView ? null : Math.max(0, headPx - widthPx * 0.2);
}
