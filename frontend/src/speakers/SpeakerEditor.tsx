import { useNavigate } from "@tanstack/react-router";
import { ApiProblem, type RegisteredSpeaker } from "polydub-client";
import { useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useKeeping } from "../app/keeping";
import { LeaveGuard, Outrun } from "../app/KeepingParts";
import { useMay } from "../app/role";
import { Button } from "../design/Button";
import { Field, Input } from "../design/fields";
import { PageHead } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import words from "../words/Words.module.css";
import { speakerKeeping } from "./saving";
import { chosenOf, stateOf, type Voices } from "./voices";
import { VoiceTable } from "./VoiceTable";

interface SpeakerEditorProps {
  /** null: a new one. */
  speaker: RegisteredSpeaker | null;
  /** Takes what others wrote, and drops what was changed here. */
  onReload: () => void;
}

/** A registered speaker's name, and voices. */
export function SpeakerEditor({ speaker, onReload }: SpeakerEditorProps) {
  const { t } = useTranslation("speakers");
  const { t: common } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [name, setName] = useState(speaker?.name ?? "");
  const [voices, setVoices] = useState<Voices>(speaker?.voices ?? {});
  const [tried, setTried] = useState<string | null>(null);
  const kept = useRef(stateOf(name, voices));
  const saving = useKeeping(speaker, speakerKeeping, async (made, body) => {
    kept.current = stateOf(body.name, body.voices);
    if (!speaker) {
      await navigate({
        to: "/speakers/$speakerId",
        params: { speakerId: made.id },
        replace: true,
        ignoreBlocker: true,
      });
    }
  });
  const isChanged = () => stateOf(name, voices) !== kept.current;

  const save = (force: boolean) => {
    setTried(name.trim());
    if (name.trim()) saving.save({ name: name.trim(), voices: chosenOf(voices) }, force);
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save(false);
  };
  const code = saving.error instanceof ApiProblem ? saving.error.code : "";
  const isTaken = code === "conflict" && tried === name.trim();
  const isLacking = tried !== null && !name.trim();

  return (
    <form onSubmit={submit} className={words.editor}>
      <PageHead title={name.trim() || t("newSpeaker")}>
        {may.edit && (
          <Button type="submit" kind="primary" busy={saving.isBusy}>
            {common("save")}
          </Button>
        )}
      </PageHead>
      {code === "revision_mismatch" && (
        <Outrun title={t("outrun")} onReload={onReload} onForce={() => save(true)} />
      )}
      {saving.error && code !== "revision_mismatch" && code !== "conflict" && (
        <ProblemNote error={saving.error} />
      )}
      {may.edit && (
        <div className={words.nameField}>
          <Field
            label={t("name")}
            error={
              (isTaken || isLacking) && (
                <span role="alert">{t(isTaken ? "sameName" : "noName")}</span>
              )
            }
          >
            {(ids) => (
              <Input
                {...ids}
                dir="auto"
                value={name}
                maxLength={100}
                required
                aria-invalid={isTaken || isLacking}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        </div>
      )}
      <VoiceTable voices={voices} onVoices={may.edit ? setVoices : null} />
      <LeaveGuard isChanged={isChanged} settled={saving.settled} title={t("leaveTitle")} />
      <span role="status" className="visually-hidden">
        {saving.isBusy ? common("loading") : ""}
      </span>
    </form>
  );
}
