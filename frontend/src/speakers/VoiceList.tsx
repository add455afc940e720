import { useFormat } from "../i18n/format";
import styles from "./Speakers.module.css";
import type { Voices } from "./voices";

interface VoiceListProps {
  voices: Voices;
  voiceName: (tag: string, id: string) => string;
}

/** Languages, and the voice in each. */
export function VoiceList({ voices, voiceName }: VoiceListProps) {
  const format = useFormat();
  return (
    <dl className={styles.voices}>
      {Object.entries(voices).map(([tag, id]) => (
        <div key={tag} className={styles.voice}>
          <dt>{format.language(tag)}</dt>
          <dd>
            <bdi>{voiceName(tag, id)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
