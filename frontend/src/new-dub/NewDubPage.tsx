import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { enginesQuery, languagesQuery } from "../api/queries";
import { Field, Select } from "../design/fields";
import { Card, Note, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import type { Item } from "../uploads/state";
import { uploads, useUploads } from "../uploads/uploads";
import { DropZone } from "./DropZone";
import { ItemList } from "./ItemList";
import { LinkImport } from "./LinkImport";
import { MoreOptions } from "./MoreOptions";
import styles from "./NewDub.module.css";
import { AUTO, isHeard, offersOf, sourcesOf, unheardSourcesOf } from "./offers";
import { keepOptions, lackOf, lastOptions, requestOf, type Options } from "./options";
import { SubtitleFiles } from "./SubtitleFiles";
import { Summary } from "./Summary";
import { Targets } from "./Targets";

export function NewDubPage() {
  const { t } = useTranslation("new-dub");
  const items = useUploads();
  const [options, setOptions] = useState<Options>(() => lastOptions());
  const change = (changed: Partial<Options>) => setOptions((now) => ({ ...now, ...changed }));
  useEffect(() => keepOptions(options), [options]);
  const start = useStart(options, items);
  const { data: languages } = useQuery(languagesQuery);
  const canHear = !languages || isHeard(languages, options.source);
  const videos = useMemo(() => items.flatMap((item) => item.video ?? []), [items]);
  return (
    <>
      <PageHead title={t("title")} lead={t("lead")} />
      <div className={styles.page}>
        <div className={styles.column}>
          <Card className={styles.section}>
            <DropZone compact={items.length > 0} onFiles={(files) => uploads.addFiles(files)} />
            {items.length > 0 && <ItemList items={items} />}
            <LinkImport />
          </Card>
          <LanguagesAndOptions options={options} onChange={change} />
        </div>
        <Summary
          options={options}
          videos={videos}
          lack={lackOf(options, items, canHear)}
          isStarting={start.isPending}
          problem={start.error}
          onStart={() => start.mutate()}
        />
      </div>
    </>
  );
}

interface ChoiceProps {
  options: Options;
  onChange: (changed: Partial<Options>) => void;
}

function LanguagesAndOptions({ options, onChange }: ChoiceProps) {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const languages = useQuery(languagesQuery);
  const engines = useQuery(enginesQuery);
  const offers = useMemo(
    () =>
      languages.data && engines.data
        ? offersOf(languages.data, engines.data, options.source)
        : [],
    [languages.data, engines.data, options.source],
  );
  const error = languages.error ?? engines.error;
  if (error) {
    const again = () => void Promise.all([languages.refetch(), engines.refetch()]);
    return <ProblemNote error={error} onRetry={again} />;
  }
  if (!languages.data || !engines.data) return <Skeleton height="16rem" />;
  const unheard = unheardSourcesOf(languages.data, engines.data);
  const canHear = isHeard(languages.data, options.source);
  const sources = [...sourcesOf(languages.data), ...unheard];
  const subtitles = <SubtitleFiles options={options} sources={sources} onChange={onChange} />;
  return (
    <Card className={styles.section}>
      {languages.data.silent_stages.length > 0 && (
        <Note tone="warn" title={t("silent")}>
          {format.list(languages.data.silent_stages)}
        </Note>
      )}
      <div className={styles.languages}>
        <Field label={t("source.label")} hint={t("source.hint")}>
          {(ids) => (
            <Select
              {...ids}
              value={options.source}
              onChange={(event) => onChange({ source: event.target.value })}
            >
              <option value={AUTO}>{t("source.auto")}</option>
              {sourcesOf(languages.data).map((tag) => (
                <option key={tag} value={tag}>
                  {format.language(tag)}
                </option>
              ))}
              {unheard.length > 0 && (
                <optgroup label={t("source.unheard")}>
                  {unheard.map((tag) => (
                    <option key={tag} value={tag}>
                      {format.language(tag)}
                    </option>
                  ))}
                </optgroup>
              )}
            </Select>
          )}
        </Field>
        <Targets
          offers={offers}
          chosen={options.targets}
          onChange={(targets) => onChange({ targets })}
        />
      </div>
      {!canHear && <Unheard source={options.source}>{subtitles}</Unheard>}
      <MoreOptions options={options} onChange={onChange} engines={engines.data}>
        {canHear && subtitles}
      </MoreOptions>
    </Card>
  );
}

/** The way out where a language can't be heard here: what is said comes from a file. */
function Unheard({ source, children }: { source: string; children: ReactNode }) {
  const { t } = useTranslation("new-dub");
  const language = useFormat().language(source);
  return (
    <>
      <Note tone="active" icon="sound" title={t("unheard", { language })}>
        {t("unheardText", { language })}
      </Note>
      {children}
    </>
  );
}

/** Starts a dub of every video that is there, and goes to where they can be watched. */
function useStart(options: Options, items: readonly Item[]) {
  const { t } = useTranslation("new-dub");
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const begun: string[] = [];
      for (const { id, video } of items) {
        if (!video) continue;
        const dub = await polydub.startDub(requestOf(options, video.id, t("consent.statement")));
        uploads.clear([id]);
        begun.push(dub.id);
      }
      return begun;
    },
    onSuccess: async (begun) => {
      const [only, ...more] = begun;
      if (only && more.length === 0) {
        await navigate({ to: "/dubs/$dubId", params: { dubId: only } });
      } else {
        await navigate({ to: "/dubs" });
      }
    },
  });
}
