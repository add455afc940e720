import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { components } from "polydub-client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { languagesQuery } from "../api/queries";
import { usePending } from "../app/deletions";
import { useMay } from "../app/role";
import { Field, Input, Select } from "../design/fields";
import { Empty, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { memoryDeletions } from "./deleting";
import { MemoryList } from "./MemoryList";
import { memoryQuery, useTargetLanguages } from "./queries";
import styles from "./Words.module.css";
import { WordsTabs } from "./WordsTabs";

export type MemoryEntry = components["schemas"]["MemoryOut"];

/** What people corrected, and is used again where the same is said. */
export function MemoryPage() {
  const { t } = useTranslation("words");
  const { language: asked } = useSearch({ from: "/inside/memory" });
  const { data: known, error, refetch } = useQuery(languagesQuery);
  const languages = useTargetLanguages(asked ? [asked] : []);
  const language = asked ?? languages[0]?.tag ?? "";
  return (
    <>
      <PageHead title={t("memory")} lead={t("memoryText")} />
      <WordsTabs />
      <div className={styles.tools}>
        <LanguageChoice language={language} />
      </div>
      {language && <Entries key={language} language={language} />}
      {!language && error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!language && !error && (known ? <NoEntries /> : <Skeleton height="14rem" />)}
    </>
  );
}

function LanguageChoice({ language }: { language: string }) {
  const { t } = useTranslation("words");
  const navigate = useNavigate();
  const languages = useTargetLanguages(language ? [language] : []);
  return (
    <div className={styles.languageFilter}>
      <Field label={t("correctedInto")}>
        {(ids) => (
          <Select
            {...ids}
            value={language}
            onChange={({ target }) =>
              void navigate({ to: "/memory", search: { language: target.value }, replace: true })
            }
          >
            {languages.map(({ tag, name }) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}

function Entries({ language }: { language: string }) {
  const { t } = useTranslation("words");
  const may = useMay();
  const [sought, setSought] = useState("");
  const pages = useInfiniteQuery(memoryQuery(language));
  const pending = usePending(memoryDeletions);
  // The gateway does not search: all there is comes, page after page.
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);

  if (pages.error) return <ProblemNote error={pages.error} onRetry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton height="14rem" />;
  const entries = pages.data.pages
    .flatMap((page) => page.entries)
    .filter((each) => !pending.has(each.id));
  if (entries.length === 0) {
    return <NoEntries />;
  }
  const shown = entries.filter((each) => fits(each, sought));
  return (
    <section className={styles.tableArea} aria-label={t("memory")}>
      <div className={styles.wideSearch}>
        <Field label={t("searchMemory")}>
          {(ids) => (
            <Input
              {...ids}
              type="search"
              value={sought}
              onChange={(event) => setSought(event.target.value)}
            />
          )}
        </Field>
      </div>
      <p className={styles.facts} role="status">
        {t("corrections", { count: shown.length })}
      </p>
      <MemoryList entries={shown} mayForget={may.edit} />
    </section>
  );
}

function NoEntries() {
  const { t } = useTranslation("words");
  return (
    <Empty icon="book" title={t("noMemory")}>
      {t("noMemoryText")}
    </Empty>
  );
}

function fits(entry: MemoryEntry, sought: string): boolean {
  const wanted = sought.trim().toLocaleLowerCase();
  return `${entry.source_text}\n${entry.text}`.toLocaleLowerCase().includes(wanted);
}
