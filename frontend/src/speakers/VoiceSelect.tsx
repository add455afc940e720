import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { voicesQuery } from "../api/queries";
import { Select } from "../design/fields";
import { useVoiceName } from "./voices";

interface VoiceSelectProps {
  id: string;
  "aria-describedby": string | undefined;
  language: string;
  /** Empty: the machine chooses. */
  value: string;
  disabled?: boolean;
  onChoose: (voiceId: string) => void;
}

/** Chooses one of the voices that speak a language. */
export function VoiceSelect({ language, value, onChoose, ...rest }: VoiceSelectProps) {
  const { t } = useTranslation("speakers");
  const { data } = useQuery(voicesQuery(language));
  const nameOf = useVoiceName();
  const isKnown = data?.voices.some((each) => each.id === value) ?? false;
  return (
    <Select {...rest} value={value} onChange={(event) => onChoose(event.target.value)}>
      <option value="">{t("cast")}</option>
      {value !== "" && !isKnown && (
        <option value={value}>{data ? t("gone", { voice: value }) : value}</option>
      )}
      {data?.voices.map((each) => (
        <option key={each.id} value={each.id}>
          {nameOf(each) || each.id}
        </option>
      ))}
    </Select>
  );
}
