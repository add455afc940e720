import { useTranslation } from "react-i18next";
import { useEdited } from "./workplace";

/** Whether a person gave a name: until then it is the id. */
export function isNamed({ id, name }: { id: string; name: string }): boolean {
  return name !== "" && name !== id;
}

/** Who has the same name already, as the gateway compares them. */
export function namesakeOf<T extends { name: string }>(name: string, among: readonly T[]) {
  const folded = (text: string) => text.trim().normalize("NFC").toLowerCase();
  return among.find((each) => folded(each.name) === folded(name));
}

/** What to call a speaker: the name that a person gave, else by number. */
export function useSpeakerName(): (id: string) => string {
  const { t } = useTranslation("edit");
  const speakers = useEdited((state) => state.speakers);
  return (id) => {
    const index = speakers.findIndex((each) => each.id === id);
    const speaker = speakers[index];
    if (speaker && isNamed(speaker)) return speaker.name;
    return index < 0 ? id : t("speakerNumber", { number: index + 1 });
  };
}
