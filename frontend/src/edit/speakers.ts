import { useTranslation } from "react-i18next";
import { useEdited } from "./workplace";

/** What to call a speaker: the name that a person gave, else by number. */
export function useSpeakerName(): (id: string) => string {
  const { t } = useTranslation("edit");
  const speakers = useEdited((state) => state.speakers);
  return (id) => {
    const index = speakers.findIndex((each) => each.id === id);
    const speaker = speakers[index];
    if (speaker && speaker.name !== "" && speaker.name !== speaker.id) return speaker.name;
    return index < 0 ? id : t("speakerNumber", { number: index + 1 });
  };
}
