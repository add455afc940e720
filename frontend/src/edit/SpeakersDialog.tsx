import { Link } from "@tanstack/react-router";
import type { ScriptSpeaker } from "polydub-client";
import { useState, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Field, Input, Select } from "../design/fields";
import { SpeakerDot } from "../design/speakers";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { VoiceSelect } from "../speakers/VoiceSelect";
import styles from "./Edit.module.css";
import { Popup } from "./Popup";
import { Registered } from "./Registered";
import { useSpeakerName } from "./speakers";
import { usePreview, type Preview } from "./trying";
import { useEdited, useWorkplace } from "./workplace";

/** Who speaks, with which voice; two who are one in truth become one. */
export function SpeakersDialog({ trigger }: { trigger: ReactElement }) {
  const { t } = useTranslation("edit");
  const { t: registry } = useTranslation("speakers");
  const { language } = useWorkplace();
  const format = useFormat();
  return (
    <Popup title={t("speakers")} trigger={trigger}>
      <p className={styles.hint}>
        {t("speakers.hint", { language: format.language(language) })}{" "}
        <Link to="/speakers">{registry("all")}</Link>
      </p>
      <Speakers />
    </Popup>
  );
}

function Speakers() {
  const speakers = useEdited((state) => state.speakers);
  const preview = usePreview();
  return (
    <>
      {preview.problem !== null && <ProblemNote error={preview.problem} />}
      <ul className={styles.speakers}>
        {speakers.map((each) => (
          <SpeakerRow key={each.id} speaker={each} preview={preview} />
        ))}
      </ul>
    </>
  );
}

function SpeakerRow({ speaker, preview }: { speaker: ScriptSpeaker; preview: Preview }) {
  const { t } = useTranslation("edit");
  const { editor, language, canEdit, dub } = useWorkplace();
  const speakers = useEdited((state) => state.speakers);
  const entries = useEdited((state) => state.entries);
  const nameOf = useSpeakerName();
  const [into, setInto] = useState("");
  const theirs = [...entries.values()].filter(({ line }) => line?.speakerId === speaker.id);
  const spoken = theirs.find(({ known }) => known?.translations[language]?.text);
  const voice = speaker.voices[language] ?? "";
  const others = speakers.filter((each) => each.id !== speaker.id);

  const choose = (voiceId: string) => {
    const others = Object.entries(speaker.voices).filter(([tag]) => tag !== language);
    const own: [string, string][] = voiceId === "" ? [] : [[language, voiceId]];
    void editor.changeSpeaker(speaker, {
      ...speaker,
      voices: Object.fromEntries([...others, ...own]),
    });
  };
  return (
    <li className={styles.speakerRow}>
      <p className={styles.speaker}>
        <SpeakerDot number={speakers.indexOf(speaker)} />
        {t("lineCount", { count: theirs.length })}
      </p>
      <NameField speaker={speaker} />
      <Registered speaker={speaker} />
      <Field label={t("speaker.voice")}>
        {(ids) => (
          <div className={styles.inRow}>
            <VoiceSelect
              {...ids}
              disabled={!canEdit}
              language={language}
              value={voice}
              onChoose={choose}
            />
            <Button
              icon={preview.state === "idle" ? "sound" : "close"}
              disabled={!canEdit || !spoken?.known}
              onClick={() => {
                if (preview.state !== "idle") preview.stop();
                else if (spoken?.known) {
                  preview.hear({
                    dubId: dub.id,
                    lineId: spoken.known.id,
                    language,
                    ...(voice && { voiceId: voice }),
                  });
                }
              }}
            >
              {preview.state === "idle" ? t("listen") : t("preview.stop")}
            </Button>
          </div>
        )}
      </Field>
      {canEdit && others.length > 0 && (
        <Field label={t("speaker.merge")}>
          {(ids) => (
            <div className={styles.inRow}>
              <Select {...ids} value={into} onChange={(event) => setInto(event.target.value)}>
                <option value="">{t("speaker.mergeNobody")}</option>
                {others.map((each) => (
                  <option key={each.id} value={each.id}>
                    {nameOf(each.id)}
                  </option>
                ))}
              </Select>
              <Button
                icon="merge"
                disabled={into === ""}
                onClick={() => void editor.mergeSpeakers(speaker, into)}
              >
                {t("mergeSpeakers")}
              </Button>
            </div>
          )}
        </Field>
      )}
    </li>
  );
}

function NameField({ speaker }: { speaker: ScriptSpeaker }) {
  const { t } = useTranslation("edit");
  const { editor, canEdit } = useWorkplace();
  const name = useSpeakerName()(speaker.id);
  const [typed, setTyped] = useState<string | null>(null);
  const rename = async () => {
    const wanted = typed?.trim() ?? "";
    if (wanted !== "" && wanted !== name) {
      await editor.changeSpeaker(speaker, { ...speaker, name: wanted });
    }
    setTyped((now) => (now === typed ? null : now)); // somebody may type on meanwhile
  };
  return (
    <Field label={t("speaker.name")}>
      {(ids) => (
        <Input
          {...ids}
          dir="auto"
          maxLength={100}
          readOnly={!canEdit}
          value={typed ?? name}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={() => void rename()}
          onKeyDown={(event) => event.key === "Enter" && void rename()}
        />
      )}
    </Field>
  );
}
