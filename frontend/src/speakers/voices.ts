import { useQueries } from "@tanstack/react-query";
import type { Voice } from "polydub-client";
import { useTranslation } from "react-i18next";
import { voicesQuery } from "../api/queries";

/** Target language to the voice that is chosen in it; empty: none yet. */
export type Voices = Readonly<Record<string, string>>;

/** What is kept of them: languages in which a voice is chosen. */
export function chosenOf(voices: Voices): Record<string, string> {
  return Object.fromEntries(Object.entries(voices).filter(([, voice]) => voice !== ""));
}

/** What can be compared to see whether there is something to save. */
export function stateOf(name: string, voices: Voices): string {
  const chosen = Object.entries(chosenOf(voices));
  return JSON.stringify([name.trim(), chosen.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** How a voice is called where people choose one. */
export function useVoiceName(): (voice: Voice) => string {
  const { t } = useTranslation("speakers");
  return ({ name, gender, engine }) => {
    const known = gender === "male" || gender === "female" ? t(`gender.${gender}`) : "";
    return [name, known, engine].filter(Boolean).join(" · ");
  };
}

/** The names of voices in languages, by language and id; an id while its name is not known. */
export function useVoiceNames(languages: readonly string[]): (tag: string, id: string) => string {
  const { t } = useTranslation("speakers");
  const nameOf = useVoiceName();
  const answers = useQueries({ queries: languages.map(voicesQuery) });
  return (tag, id) => {
    const voices = answers[languages.indexOf(tag)]?.data?.voices;
    const voice = voices?.find((each) => each.id === id);
    if (voice) return nameOf(voice) || id;
    return voices ? t("gone", { voice: id }) : id;
  };
}
