import type { Line } from "./lines";

/** What is said in the original as WebVTT, in the dub's time. Pure. */
export function vttOf(lines: readonly Line[]): string {
  const cues = lines.map(
    ({ original, sourceText }) =>
      `${stamp(original.startS)} --> ${stamp(original.endS)}\n${escaped(sourceText)}\n`,
  );
  return ["WEBVTT\n", ...cues].join("\n");
}

function stamp(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const [h, m, s] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map(Math.floor);
  return `${two(h)}:${two(m)}:${two(s)}.${String(ms % 1000).padStart(3, "0")}`;
}

const two = (value = 0) => String(value).padStart(2, "0");

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** An empty line or an arrow would end the cue. */
function escaped(text: string): string {
  return text.replace(/[&<>]/g, (found) => ENTITIES[found] ?? "").replace(/\s*\n\s*/g, "\n");
}
