import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "../design/classes";
import { Badge, Empty } from "../design/parts";
import { SpeakerDot } from "../design/speakers";
import { fitOf } from "../fit/fit";
import { FlagBadge } from "../fit/wording";
import { isToBeTranslated, isUnsure } from "./choosing";
import styles from "./Edit.module.css";
import { faultOf } from "./lines";
import { useSpeakerName } from "./speakers";
import type { Entry } from "./state";
import { written } from "./timeline";
import { useEdited, useWorkplace } from "./workplace";

const ROW_PX = 76;
const OVERSCAN = 6;
const PAGE_ROWS = 10;

interface LineTableProps {
  ids: readonly string[];
  selectedId: string | null;
  onSelect: (id: string) => void;
  /** Enter: its words are to be changed. */
  onEdit: (id: string) => void;
}

/** All lines; only those that are seen are in the page. */
export const LineTable = memo(function LineTable({ ids, selectedId, onSelect, onEdit }: LineTableProps) {
  const { t } = useTranslation("edit");
  const { editor, clock } = useWorkplace();
  const box = useRef<HTMLDivElement>(null);
  const selectedIndex = selectedId === null ? -1 : ids.indexOf(selectedId);
  const rangeExtractor = useCallback(
    // The chosen row stays where the keyboard can be on it.
    (range: Range) => {
      const shown = defaultRangeExtractor(range);
      if (selectedIndex < 0 || selectedIndex >= range.count) return shown;
      return [...new Set([...shown, selectedIndex])].sort((a, b) => a - b);
    },
    [selectedIndex],
  );
  // Another function would make all lines' places be worked out anew.
  const keyOf = useCallback((n: number) => ids[n] ?? n, [ids]);
  // Its functions are not kept by anything that is memoised.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: keyOf,
    overscan: OVERSCAN,
    rangeExtractor,
  });
  useEffect(() => {
    if (selectedIndex >= 0) rows.scrollToIndex(selectedIndex, { align: "auto" });
  }, [selectedIndex, rows]);

  const choose = (index: number) => {
    const id = ids[Math.min(ids.length - 1, Math.max(0, index))];
    if (id === undefined) return;
    onSelect(id);
    requestAnimationFrame(() =>
      box.current?.querySelector<HTMLElement>(`[data-line="${CSS.escape(id)}"]`)?.focus(),
    );
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const line = selectedId === null ? null : editor.line(selectedId);
    const moves: Record<string, number> = {
      ArrowDown: selectedIndex + 1,
      ArrowUp: selectedIndex - 1,
      PageDown: selectedIndex + PAGE_ROWS,
      PageUp: selectedIndex - PAGE_ROWS,
      Home: 0,
      End: ids.length - 1,
    };
    const to = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) choose(to);
    else if (event.key === "Enter" && selectedId !== null) onEdit(selectedId);
    else if (event.key === " " && line) clock.playSpan(line.startMs, line.endMs);
    else return;
    event.preventDefault();
  };

  if (ids.length === 0) return <Empty icon="search" title={t("noLines")} />;
  return (
    <div
      ref={box}
      className={styles.table}
      role="grid"
      aria-label={t("lines")}
      aria-rowcount={ids.length}
      tabIndex={selectedIndex < 0 ? 0 : -1}
      onFocus={(event) => {
        if (event.target === event.currentTarget && selectedIndex < 0) choose(0);
      }}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" className={styles.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const id = ids[item.index];
          return id === undefined ? null : (
            <div
              key={item.key}
              ref={rows.measureElement}
              data-index={item.index}
              role="presentation"
              className={styles.place}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Row
                id={id}
                index={item.index}
                isSelected={id === selectedId}
                onSelect={onSelect}
                onEdit={onEdit}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
});

interface RowProps {
  id: string;
  index: number;
  isSelected: boolean;
  onSelect: (id: string) => void;
  onEdit: (id: string) => void;
}

const Row = memo(function Row({ id, index, isSelected, onSelect, onEdit }: RowProps) {
  const { t } = useTranslation("edit");
  const { language, editor } = useWorkplace();
  const entry = useEdited((state) => state.entries.get(id));
  const speakers = useEdited((state) => state.speakers);
  const nameOf = useSpeakerName();
  const line = entry?.line;
  if (!line) return null;
  const words = line.translations[language] ?? entry.known?.translations[language]?.text ?? "";
  return (
    // The grid that it is in takes its keys.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      tabIndex={isSelected ? 0 : -1}
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      data-line={id}
      className={classes(styles.row, isSelected && styles.rowSelected)}
      onClick={() => onSelect(id)}
      onDoubleClick={() => onEdit(id)}
    >
      <div role="gridcell" className={styles.rowHead}>
        <span className={styles.time} dir="ltr">
          {written(line.startMs)}
        </span>
        <span className={styles.speaker}>
          <SpeakerDot number={speakers.findIndex((each) => each.id === line.speakerId)} />
          <bdi>{nameOf(line.speakerId)}</bdi>
        </span>
      </div>
      <div role="gridcell" className={styles.source} dir="auto">
        {line.text || "…"}
      </div>
      <div
        role="gridcell"
        dir="auto"
        lang={language}
        className={classes(styles.words, isToBeTranslated(entry, language) && styles.outdated)}
      >
        {words || t("notTranslated")}
      </div>
      <div role="gridcell" className={styles.marks}>
        <Marks entry={entry} hasFault={faultOf(line, editor.talkMs) !== null} />
      </div>
    </div>
  );
});

function Marks({ entry, hasFault }: { entry: Entry; hasFault: boolean }) {
  const { t } = useTranslation("edit");
  const { language } = useWorkplace();
  const flag = fitOf(entry.known?.fit)?.flags[0];
  return (
    <>
      {entry.theirs !== undefined && <Badge tone="bad">{t("saving.conflict")}</Badge>}
      {(hasFault || entry.saving === "failed") && <Badge tone="bad">{t("saving.failed")}</Badge>}
      {flag && <FlagBadge flag={flag} />}
      {isUnsure(entry.known) && <Badge>{t("unsure")}</Badge>}
      {isToBeTranslated(entry, language) && <Badge tone="active">{t("stale")}</Badge>}
    </>
  );
}
