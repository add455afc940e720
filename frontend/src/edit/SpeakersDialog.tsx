import type { ScriptSpeaker } from "polydub-client";
import { useState, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Field, Input, Select } from "../design/fields";
import { SpeakerDot } from "../design/speakers";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import styles from "./Edit.module.css";
import { Popup } from "./Popup";
import { useSpeakerName } from "./speakers";
import { usePreview, useVoices, type Preview } from "./trying";
import { useEdited, useWorkplace } from "./workplace";

/** Who speaks, with which voice; two who are one in truth become one. */
export function SpeakersDialog({ trigger }: { trigger: ReactElement }) {
  const { t } = useTranslation("edit");
  const { language } = useWorkplace();
  const format = useFormat();
  return (
    <Popup title={t("speakers")} trigger={trigger}>
      <p className={styles.hint}>{t("speakers.hint", { language: format.language(language) })}</p>
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
          <SpeakerRow key={`${each.id}/${each.revision}`} speaker={each} preview={preview} />
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
  const voices = useVoices(language);
  const nameOf = useSpeakerName();
  const [name, setName] = useState(nameOf(speaker.id));
  const [into, setInto] = useState("");
  const theirs = [...entries.values()].filter(({ line }) => line?.speakerId === speaker.id);
  const spoken = theirs.find(({ known }) => known?.translations[language]?.text);
  const voice = speaker.voices[language] ?? "";
  const others = speakers.filter((each) => each.id !== speaker.id);

  const rename = () => {
    const wanted = name.trim();
    if (wanted === "" || wanted === nameOf(speaker.id)) setName(nameOf(speaker.id));
    else void editor.changeSpeaker(speaker, { ...speaker, name: wanted });
  };
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
      <Field label={t("speaker.name")}>
        {(ids) => (
          <Input
            {...ids}
            dir="auto"
            maxLength={100}
            readOnly={!canEdit}
            value={name}
            onChange={(event) => setName(event.target.value)}
            onBlur={rename}
            onKeyDown={(event) => event.key === "Enter" && rename()}
          />
        )}
      </Field>
      <Field label={t("speaker.voice")}>
        {(ids) => (
          <div className={styles.inRow}>
            <Select
              {...ids}
              disabled={!canEdit}
              value={voice}
              onChange={(event) => choose(event.target.value)}
            >
              <option value="">{t("speaker.cast")}</option>
              {voices.data?.voices.map((each) => (
                <option key={each.id} value={each.id}>
                  {[each.name, each.gender && genderName(t, each.gender), each.engine]
                    .filter(Boolean)
                    .join(" · ")}
                </option>
              ))}
            </Select>
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

function genderName(t: ReturnType<typeof useTranslation<"edit">>["t"], gender: string): string {
  return gender === "male" || gender === "female" ? t(`gender.${gender}`) : "";
}
