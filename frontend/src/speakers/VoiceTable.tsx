import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import { Field, Select } from "../design/fields";
import { useFormat } from "../i18n/format";
import words from "../words/Words.module.css";
import { useTargetLanguages } from "../words/queries";
import styles from "./Speakers.module.css";
import { useVoiceNames, type Voices } from "./voices";
import { VoiceList } from "./VoiceList";
import { VoiceSelect } from "./VoiceSelect";

type SetVoices = (change: (voices: Voices) => Voices) => void;

interface VoiceTableProps {
  voices: Voices;
  /** null: nothing may be changed. */
  onVoices: SetVoices | null;
}

/** A speaker's voices, by language. */
export function VoiceTable({ voices, onVoices }: VoiceTableProps) {
  const { t } = useTranslation("speakers");
  const heading = useId();
  const isEmpty = Object.keys(voices).length === 0;
  return (
    <section aria-labelledby={heading} className={styles.table}>
      <div>
        <h2 id={heading}>{t("voices")}</h2>
        <p className={words.facts}>{isEmpty ? t("noVoices") : t("voicesText")}</p>
      </div>
      {onVoices ? (
        <EditedVoices voices={voices} onVoices={onVoices} />
      ) : (
        <ReadVoices voices={voices} />
      )}
    </section>
  );
}

function ReadVoices({ voices }: { voices: Voices }) {
  const voiceName = useVoiceNames(Object.keys(voices));
  return <VoiceList voices={voices} voiceName={voiceName} />;
}

function EditedVoices({ voices, onVoices }: { voices: Voices; onVoices: SetVoices }) {
  const { t } = useTranslation("speakers");
  const format = useFormat();
  const [fresh, setFresh] = useState("");
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (fresh) area.current?.querySelector<HTMLElement>(`[data-tag="${fresh}"] select`)?.focus();
  }, [fresh]);
  const takeOut = (taken: string) => {
    onVoices((before) => Object.fromEntries(Object.entries(before).filter(([tag]) => tag !== taken)));
    setFresh("");
    area.current?.focus(); // the button is gone
  };
  return (
    <div ref={area} tabIndex={-1} className={styles.edited}>
      <ul className={styles.rows}>
        {Object.entries(voices).map(([tag, id]) => (
          <li key={tag} data-tag={tag} className={styles.row}>
            <Field label={format.language(tag)}>
              {(ids) => (
                <VoiceSelect
                  {...ids}
                  language={tag}
                  value={id}
                  onChoose={(voice) => onVoices((before) => ({ ...before, [tag]: voice }))}
                />
              )}
            </Field>
            <IconButton
              icon="close"
              label={t("takeOut", { language: format.language(tag) })}
              onClick={() => takeOut(tag)}
            />
          </li>
        ))}
      </ul>
      <MoreVoices
        voices={voices}
        onAdd={(tag) => {
          onVoices((before) => ({ ...before, [tag]: "" }));
          setFresh(tag);
        }}
      />
    </div>
  );
}

/** A language more in which a voice is to be chosen. */
function MoreVoices({ voices, onAdd }: { voices: Voices; onAdd: (tag: string) => void }) {
  const { t } = useTranslation("speakers");
  const [wanted, setWanted] = useState("");
  const languages = useTargetLanguages().filter(({ tag }) => voices[tag] === undefined);
  const chosen = languages.find(({ tag }) => tag === wanted) ?? languages[0];
  if (!chosen) return null;
  return (
    <div className={styles.more}>
      <Field label={t("language")}>
        {(ids) => (
          <Select {...ids} value={chosen.tag} onChange={({ target }) => setWanted(target.value)}>
            {languages.map(({ tag, name }) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button icon="plus" onClick={() => onAdd(chosen.tag)}>
        {t("addVoice")}
      </Button>
    </div>
  );
}
