import type { CSSProperties } from "react";
import styles from "./parts.module.css";

/** The tokens have so many; who comes after shares one. */
const COLOURS = 8;

/** The token of the colour of the speaker with a number, from 0; below: not known. */
export function speakerToken(number: number): string {
  return `--speaker-${Math.max(0, number) % COLOURS}`;
}

/** Sets `--speaker` to that colour. */
export function speakerColour(number: number): CSSProperties {
  return { "--speaker": `var(${speakerToken(number)})` } as CSSProperties;
}

export function SpeakerDot({ number }: { number: number }) {
  return <i className={styles.speakerDot} style={speakerColour(number)} />;
}
