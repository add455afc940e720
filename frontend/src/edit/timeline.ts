import { SHORTEST_MS, type Span } from "./lines";

/** What of the time is to be seen, in how many pixels. */
export interface View {
  fromMs: number;
  toMs: number;
  widthPx: number;
}

export type Edge = "start" | "end";

const NEAREST_MS = 2000;
const EDGE_PX = 8;

export const xOf = (view: View, ms: number) =>
  ((ms - view.fromMs) / (view.toMs - view.fromMs)) * view.widthPx;

export const msAt = (view: View, x: number) =>
  view.fromMs + (x / view.widthPx) * (view.toMs - view.fromMs);

/** Seen from closer or farther, around a moment that stays where it is. */
export function zoomed(view: View, factor: number, aroundMs: number, talkMs: number): View {
  const span = Math.min(talkMs, Math.max(NEAREST_MS, (view.toMs - view.fromMs) * factor));
  const share = (aroundMs - view.fromMs) / (view.toMs - view.fromMs);
  return within({ ...view, fromMs: aroundMs - share * span }, span, talkMs);
}

export function shifted(view: View, byMs: number, talkMs: number): View {
  return within({ ...view, fromMs: view.fromMs + byMs }, view.toMs - view.fromMs, talkMs);
}

/** The view itself where it shows the moment well, else around it. */
export function showing(view: View, ms: number, talkMs: number): View {
  const span = view.toMs - view.fromMs;
  if (ms >= view.fromMs && ms <= view.toMs - span * 0.05) return view;
  return within({ ...view, fromMs: ms - span * 0.2 }, span, talkMs);
}

function within(view: View, spanMs: number, talkMs: number): View {
  const fromMs = Math.min(Math.max(0, view.fromMs), Math.max(0, talkMs - spanMs));
  return { ...view, fromMs, toMs: fromMs + spanMs };
}

/** What lies under the pointer: an edge of the chosen line first, then a line. */
export function hit(
  view: View,
  x: number,
  lines: readonly Span[],
  chosen: Span | null,
): { line: Span; edge: Edge | null } | null {
  if (chosen) {
    const fromStart = Math.abs(xOf(view, chosen.startMs) - x);
    const fromEnd = Math.abs(xOf(view, chosen.endMs) - x);
    if (Math.min(fromStart, fromEnd) <= EDGE_PX) {
      return { line: chosen, edge: fromStart < fromEnd ? "start" : "end" };
    }
  }
  const ms = msAt(view, x);
  const line = lines.findLast((each) => each.startMs <= ms && ms < each.endMs);
  return line ? { line, edge: null } : null;
}

/** A line with one edge elsewhere, as far as that may be. */
export function dragged(line: Span, edge: Edge, ms: number, talkMs: number): Span {
  const moment = Math.round(ms / 10) * 10;
  if (edge === "start") {
    return { ...line, startMs: Math.max(0, Math.min(moment, line.endMs - SHORTEST_MS)) };
  }
  return { ...line, endMs: Math.min(talkMs, Math.max(moment, line.startMs + SHORTEST_MS)) };
}

/** Steps between marks: few enough to be read. */
export function marksOf(view: View, leastPx: number): number[] {
  const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000];
  const perPx = (view.toMs - view.fromMs) / view.widthPx;
  const step = steps.find((each) => each / perPx >= leastPx) ?? 3_600_000;
  const first = Math.ceil(view.fromMs / step) * step;
  const count = Math.max(0, Math.floor((view.toMs - first) / step) + 1);
  return Array.from({ length: count }, (_, n) => first + n * step);
}

/** A moment as it is written and read: 1:02.340, with hours where there are any. */
export function written(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const [hours, minutes] = [Math.floor(whole / 3_600_000), Math.floor(whole / 60_000) % 60];
  const seconds = String(Math.floor(whole / 1000) % 60).padStart(2, "0");
  const rest = String(whole % 1000).padStart(3, "0");
  const head = hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : String(minutes);
  return `${head}:${seconds}.${rest}`;
}

/** Milliseconds of what was typed: 1:02.3, 62.3, 1:02:03; null: no moment. */
export function read(text: string): number | null {
  const found = /^(?:(\d+):)?(?:(\d{1,2}):)?(\d+)(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!found) return null;
  const [, first, second, seconds = "0", rest = ""] = found;
  const hours = second === undefined ? 0 : Number(first);
  const minutes = second === undefined ? Number(first ?? 0) : Number(second);
  const ms = Number(rest.padEnd(3, "0"));
  return ((hours * 60 + minutes) * 60 + Number(seconds)) * 1000 + ms;
}
