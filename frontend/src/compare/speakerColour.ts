import type { CSSProperties } from "react";
import { COLOURS } from "./timeline";

/** Sets `--speaker` to the colour of the speaker with a number. */
export function speakerColour(number: number): CSSProperties {
  return { "--speaker": `var(--speaker-${Math.max(0, number) % COLOURS})` } as CSSProperties;
}
