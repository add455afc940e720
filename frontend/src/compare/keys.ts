/** What keys do in the player. Pure. */

export type Command =
  | { do: "toggle" | "mute" | "fullscreen" | "swap" | "subtitles" | "picture" | "help" }
  | { do: "move"; byS: number }
  | { do: "volume"; by: number }
  | { do: "line"; by: number }
  | { do: "speed"; by: number }
  | { do: "jump"; share: number };

interface Press {
  key: string;
  hasModifier: boolean;
  /** What has the focus: its element's name in capitals, and a field's type. */
  on: string;
  type?: string | undefined;
}

const COMMANDS: Record<string, Command> = {
  " ": { do: "toggle" },
  k: { do: "toggle" },
  j: { do: "move", byS: -10 },
  l: { do: "move", byS: 10 },
  ArrowLeft: { do: "move", byS: -5 },
  ArrowRight: { do: "move", byS: 5 },
  ArrowUp: { do: "volume", by: 0.05 },
  ArrowDown: { do: "volume", by: -0.05 },
  m: { do: "mute" },
  f: { do: "fullscreen" },
  o: { do: "swap" },
  c: { do: "subtitles" },
  p: { do: "picture" },
  ",": { do: "line", by: -1 },
  ".": { do: "line", by: 1 },
  "<": { do: "speed", by: -1 },
  ">": { do: "speed", by: 1 },
  Home: { do: "jump", share: 0 },
  End: { do: "jump", share: 1 },
  "?": { do: "help" },
};

/** What a press means for the player; null: nothing, it is somebody else's. */
export function commandOf({ key, hasModifier, on, type }: Press): Command | null {
  if (hasModifier || isWriting(on, type)) return null;
  if (key === " " && PRESSED_BY_SPACE.has(on)) return null;
  if (MOVES.test(key) && (on === "INPUT" || on === "SLIDER")) return null;
  if (/^[0-9]$/.test(key)) return { do: "jump", share: Number(key) / 10 };
  return COMMANDS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

const PRESSED_BY_SPACE = new Set(["BUTTON", "A", "SUMMARY"]);
const MOVES = /^(Arrow|Home|End|Page)/;

function isWriting(on: string, type: string | undefined): boolean {
  if (on === "INPUT") return type !== "range";
  return on === "TEXTAREA" || on === "SELECT" || on === "EDITABLE";
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

export function nextSpeed(speed: number, by: number): number {
  const now = SPEEDS.findIndex((each) => each >= speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, now + by))] ?? 1;
}
