import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { useFormat } from "../i18n/format";
import { memoryDeletions } from "./deleting";
import type { MemoryEntry } from "./MemoryPage";
import styles from "./Words.module.css";

const ROW_PX = 92;
const OVERSCAN = 10;
/** As much of a sentence as a note can say. */
const TOLD_CHARACTERS = 40;

interface MemoryListProps {
  entries: MemoryEntry[];
  mayForget: boolean;
}

/** Corrections, of which only those in sight are drawn. */
export function MemoryList({ entries, mayForget }: MemoryListProps) {
  const { t } = useTranslation("words");
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (list.current) setTop(list.current.getBoundingClientRect().top + scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (at) => entries[at]?.id ?? at,
  });
  return (
    <ul
      ref={list}
      className={styles.memory}
      style={{ height: virtual.getTotalSize() }}
      aria-label={t("memory")}
    >
      {virtual.getVirtualItems().map((item) => {
        const entry = entries[item.index];
        return (
          entry && (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={entries.length}
              aria-posinset={item.index + 1}
              className={styles.memoryRow}
              style={{ transform: `translateY(${item.start - top}px)` }}
            >
              <Entry entry={entry} mayForget={mayForget} />
            </li>
          )
        );
      })}
    </ul>
  );
}

function Entry({ entry, mayForget }: { entry: MemoryEntry; mayForget: boolean }) {
  const { t } = useTranslation("words");
  const { t: common } = useTranslation();
  const format = useFormat();
  const name = shortened(entry.text);
  return (
    <>
      <div className={styles.memoryText}>
        <p dir="auto" lang={entry.source_language} className={styles.original}>
          {entry.source_text}
        </p>
        <p dir="auto" lang={entry.target_language} className={styles.correction}>
          {entry.text}
        </p>
        <p className={styles.facts}>
          {t("from", { language: format.language(entry.source_language) })} ·{" "}
          <time dateTime={entry.updated_at}>{format.ago(entry.updated_at)}</time>
        </p>
      </div>
      {mayForget && (
        <IconButton
          icon="trash"
          label={t("forget", { name })}
          onClick={() => memoryDeletions.begin({ id: entry.id, name }, common)}
        />
      )}
    </>
  );
}

function shortened(text: string): string {
  return text.length > TOLD_CHARACTERS ? `${text.slice(0, TOLD_CHARACTERS)}…` : text;
}
