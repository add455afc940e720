import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, type Dub } from "polydub-client";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { dubKey, enginesQuery, languagesQuery } from "../api/queries";
import { Button } from "../design/Button";
import { Select } from "../design/fields";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { offersOf } from "../new-dub/offers";
import styles from "./Dub.module.css";

/** Dubs the same video into one more language: what is known of it is used again. */
export function AddLanguage({ dub }: { dub: Dub }) {
  const { t } = useTranslation("dub");
  const format = useFormat();
  const queryClient = useQueryClient();
  const [tag, setTag] = useState("");
  const offers = useMoreLanguages(dub);
  const adding = useMutation({
    mutationFn: (language: string) =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/languages", {
          params: { path: { dub_id: dub.id } },
          body: { target_languages: [language] },
        }),
      ),
    onSuccess: (changed) => queryClient.setQueryData(dubKey(dub.id), changed),
  });
  if (offers?.length === 0) return null;
  return (
    <div className={styles.add}>
      <div className={styles.addRow}>
        <Select
          aria-label={t("addLanguage")}
          disabled={!offers}
          value={tag}
          onChange={(event) => setTag(event.target.value)}
        >
          <option value="">{t("addLanguage")}</option>
          {offers?.map((each) => (
            <option key={each} value={each}>
              {format.language(each)}
            </option>
          ))}
        </Select>
        <Button
          icon="plus"
          disabled={tag === ""}
          busy={adding.isPending}
          onClick={() => adding.mutate(tag)}
        >
          {t("add")}
        </Button>
      </div>
      {adding.error && <ProblemNote error={adding.error} />}
    </div>
  );
}

/** Undefined while they are being asked for: its place is kept. */
function useMoreLanguages(dub: Dub): string[] | undefined {
  const languages = useQuery(languagesQuery);
  const engines = useQuery(enginesQuery);
  return useMemo(() => {
    if (!languages.data || !engines.data) return undefined;
    const source = dub.detected_language ?? dub.source_language;
    return offersOf(languages.data, engines.data, source)
      .filter((offer) => offer.isPossible && !dub.target_languages.includes(offer.tag))
      .map((offer) => offer.tag);
  }, [languages.data, engines.data, dub]);
}
