import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { RegisteredSpeaker, ScriptSpeaker } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { registeredSpeakersQuery } from "../api/queries";
import { Button } from "../design/Button";
import { Field, Select } from "../design/fields";
import { toasts } from "../design/Toasts";
import styles from "./Edit.module.css";
import { isNamed, namesakeOf } from "./speakers";
import { useWorkplace } from "./workplace";

/** Which of the registered speakers a dub's speaker is; who is none of them can be kept there. */
export function Registered({ speaker }: { speaker: ScriptSpeaker }) {
  const { t } = useTranslation("speakers");
  const { editor, canEdit } = useWorkplace();
  const { data, error, refetch } = useQuery(registeredSpeakersQuery);
  const registry = data?.speakers ?? [];
  const linked = speaker.registered_id ?? "";
  const refusal = refusalOf(speaker, registry);
  const link = async (id: string) => {
    const isDone = await editor.linkSpeaker(speaker.id, id || null);
    if (!isDone) void refetch(); // they may have been deleted
  };
  const hint = canEdit && linked === "" && t(refusal ?? "taken");
  return (
    <Field label={t("registeredAs")} hint={hint} error={error && t("unknown")}>
      {(ids) => (
        <div className={styles.registered}>
          <Select
            {...ids}
            disabled={!canEdit}
            value={linked}
            onChange={(event) => void link(event.target.value)}
          >
            <option value="">{t("nobody")}</option>
            {linked !== "" && !registry.some((each) => each.id === linked) && (
              <option value={linked}>{speaker.name}</option>
            )}
            {registry.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </Select>
          {canEdit && linked === "" && (
            <Keep
              speakerId={speaker.id}
              disabled={!data || refusal !== null}
              // The button is gone then.
              onKept={() => document.getElementById(ids.id)?.focus()}
            />
          )}
        </div>
      )}
    </Field>
  );
}

interface KeepProps {
  speakerId: string;
  disabled: boolean;
  onKept: () => void;
}

function Keep({ speakerId, disabled, onKept }: KeepProps) {
  const { t } = useTranslation("speakers");
  const { editor } = useWorkplace();
  const queryClient = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const keep = async () => {
    setBusy(true);
    const made = await editor.registerSpeaker(speakerId);
    setBusy(false);
    void queryClient.invalidateQueries({ queryKey: registeredSpeakersQuery.queryKey });
    if (!made) return;
    toasts.add({ title: t("kept", { name: made.name }), description: t("keptText"), type: "good" });
    onKept();
  };
  return (
    <Button icon="plus" disabled={disabled} busy={isBusy} onClick={() => void keep()}>
      {t("keep")}
    </Button>
  );
}

/** Why a speaker can't be kept in the registry. */
function refusalOf(
  speaker: ScriptSpeaker,
  registry: readonly RegisteredSpeaker[],
): "toKeep" | "sameNameKept" | null {
  if (!isNamed(speaker)) return "toKeep";
  return namesakeOf(speaker.name, registry) ? "sameNameKept" : null;
}
