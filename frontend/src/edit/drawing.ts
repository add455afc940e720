import { speakerToken } from "../design/speakers";
import type { Span } from "./lines";
import { marksOf, written, xOf, type View } from "./timeline";
import { PEAKS_PER_S, TILE_S, type Waveform } from "./waveform";

interface Picture {
  view: View;
  lines: readonly Span[];
  selected: Span | null;
  nowMs: number;
  waveform: Waveform | null;
  /** Their ids; each has its colour by its place. */
  speakers: readonly string[];
}

const RULER_PX = 18;
const LEAST_MARK_PX = 90;
const LABEL_PX = 60;

export function draw(canvas: HTMLCanvasElement, picture: Picture): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const [width, height] = [picture.view.widthPx, canvas.clientHeight];
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  pen.scale(ratio, ratio);
  const look = getComputedStyle(canvas);
  const colour = (name: string) => look.getPropertyValue(name);
  drawMarks(pen, picture.view, height, colour);
  drawLines(pen, picture, height, colour);
  drawPeaks(pen, picture, height, colour("--ink-2"));
  pen.fillStyle = colour("--bad");
  pen.fillRect(xOf(picture.view, picture.nowMs) - 1, 0, 2, height);
}

type Colour = (name: string) => string;

function drawMarks(pen: CanvasRenderingContext2D, view: View, height: number, colour: Colour): void {
  pen.font = `11px ${colour("--font")}`;
  pen.textBaseline = "middle";
  for (const ms of marksOf(view, LEAST_MARK_PX)) {
    const x = Math.round(xOf(view, ms));
    pen.fillStyle = colour("--line");
    pen.fillRect(x, 0, 1, height);
    pen.fillStyle = colour("--ink-3");
    if (x < view.widthPx - LABEL_PX) pen.fillText(written(ms).replace(/00$/, ""), x + 4, RULER_PX / 2);
  }
}

function drawLines(
  pen: CanvasRenderingContext2D,
  { view, lines, selected, speakers }: Picture,
  height: number,
  colour: Colour,
): void {
  for (const each of lines) {
    const isSelected = each.id === selected?.id;
    const line = isSelected ? selected : each;
    if (line.endMs < view.fromMs || line.startMs > view.toMs) continue;
    const x = xOf(view, line.startMs);
    const width = Math.max(1, xOf(view, line.endMs) - x - 1);
    pen.fillStyle = colour(speakerToken(speakers.indexOf(line.speakerId)));
    pen.globalAlpha = isSelected ? 0.45 : 0.2;
    pen.fillRect(x, RULER_PX, width, height - RULER_PX);
    pen.globalAlpha = 1;
    pen.fillRect(x, RULER_PX, width, 3);
    if (!isSelected) continue;
    pen.fillRect(x, RULER_PX, 4, height - RULER_PX);
    pen.fillRect(x + width - 4, RULER_PX, 4, height - RULER_PX);
  }
}

function drawPeaks(
  pen: CanvasRenderingContext2D,
  { view, waveform }: Picture,
  height: number,
  colour: string,
): void {
  if (!waveform) return;
  pen.fillStyle = colour;
  const middle = RULER_PX + (height - RULER_PX) / 2;
  const half = (height - RULER_PX) / 2 - 4;
  const perPx = ((view.toMs - view.fromMs) / 1000 / view.widthPx) * PEAKS_PER_S;
  for (let x = 0; x < view.widthPx; x++) {
    const first = (view.fromMs / 1000) * PEAKS_PER_S + x * perPx;
    const tall = (loudest(waveform, first, first + perPx) / 255) * half;
    if (tall > 0.5) pen.fillRect(x, middle - tall, 1, 2 * tall);
  }
}

function loudest(waveform: Waveform, from: number, to: number): number {
  const perTile = TILE_S * PEAKS_PER_S;
  let found = 0;
  for (let n = Math.floor(from); n < Math.max(to, Math.floor(from) + 1); n++) {
    found = Math.max(found, waveform.tile(Math.floor(n / perTile))?.[n % perTile] ?? 0);
  }
  return found;
}
