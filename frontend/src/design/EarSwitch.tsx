import styles from "./EarSwitch.module.css";

/** Of a video and its dub. */
export const EARS = ["original", "dub"] as const;
export type Ear = (typeof EARS)[number];

interface EarSwitchProps {
  label: string;
  heard: Ear;
  names: Readonly<Record<Ear, string>>;
  /** In which language each speaks, where that is told. */
  languages?: Readonly<Record<Ear, string | null>>;
  /** The original can't be heard. */
  isMissing: boolean;
  hint?: string;
  onChoose: (ear: Ear) => void;
}

/** Which of both is heard. */
export function EarSwitch(props: EarSwitchProps) {
  const { label, heard, names, languages, isMissing, hint, onChoose } = props;
  return (
    <div className={styles.switch} role="group" aria-label={label}>
      {EARS.map((ear) => (
        <button
          key={ear}
          type="button"
          className={styles.ear}
          aria-pressed={heard === ear}
          disabled={ear === "original" && isMissing}
          title={hint}
          onClick={() => onChoose(ear)}
        >
          <span className={styles.name}>{names[ear]}</span>
          {languages?.[ear] && <span className={styles.language}>{languages[ear]}</span>}
        </button>
      ))}
    </div>
  );
}
