import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import { Input, SearchInput, Select } from "../design/fields";
import { useFormat } from "../i18n/format";
import type { SetRows } from "./GlossaryEditor";
import { useTargetLanguages, type LanguageChoice } from "./queries";
import { MOST_CHARACTERS, newRow, shownOf, type TermRow } from "./terms";
import styles from "./Words.module.css";

const ROW_PX = 56;
const OVERSCAN = 12;

interface TermTableProps {
  rows: TermRow[];
  /** null: nothing may be changed. */
  onRows: SetRows | null;
  /** The row to be put right. */
  wrongKey: string | undefined;
}

/** Terms as a table of which only what is in sight is drawn. */
export function TermTable({ rows, onRows, wrongKey }: TermTableProps) {
  const { t } = useTranslation("words");
  const [sought, setSought] = useState("");
  const [language, setLanguage] = useState("");
  const [freshKey, setFreshKey] = useState("");
  const languages = useTargetLanguages(rows.map((row) => row.language));
  const shown = shownOf(rows, sought, language);
  const add = () => {
    const row = newRow("", "", language);
    setSought("");
    setFreshKey(row.key);
    onRows?.((before) => [row, ...before]);
  };
  return (
    <section aria-label={t("termTable")} className={styles.tableArea}>
      <div className={styles.tools}>
        <SearchInput label={t("searchTerms")} value={sought} onChange={setSought} />
        <div className={styles.languageFilter}>
          <LanguageSelect
            label={t("showLanguage")}
            none={t("allLanguages")}
            value={language}
            choices={languages}
            onChoose={setLanguage}
          />
        </div>
        {onRows && (
          <Button icon="plus" onClick={add}>
            {t("addTerm")}
          </Button>
        )}
      </div>
      <p className={styles.facts} role="status">
        {t("terms", { count: shown.length })}
      </p>
      <Rows
        shown={shown}
        onRows={onRows}
        languages={languages}
        freshKey={freshKey}
        wrongKey={wrongKey}
      />
    </section>
  );
}

interface RowsProps {
  shown: TermRow[];
  onRows: SetRows | null;
  languages: LanguageChoice[];
  freshKey: string;
  wrongKey: string | undefined;
}

function Rows({ shown, onRows, languages, freshKey, wrongKey }: RowsProps) {
  const { t } = useTranslation("words");
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (body.current) setTop(body.current.getBoundingClientRect().top + scrollY);
  }, [shown.length]);
  const virtual = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (at) => shown[at]?.key ?? at,
  });
  if (shown.length === 0) return <p className={styles.nothing}>{t("noTerms")}</p>;
  return (
    <div role="table" aria-label={t("termTable")} aria-rowcount={shown.length + 1}>
      <div role="rowgroup" className={styles.tableHead}>
        <div role="row" className={styles.tableRow} aria-rowindex={1}>
          <span role="columnheader">{t("term")}</span>
          <span role="columnheader">{t("saidAs")}</span>
          <span role="columnheader">{t("inLanguage")}</span>
          {onRows && (
            <span role="columnheader">
              <span className="visually-hidden">{t("takeOut")}</span>
            </span>
          )}
        </div>
      </div>
      <div
        role="rowgroup"
        ref={body}
        className={styles.tableBody}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = shown[item.index];
          if (!row) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="row"
              aria-rowindex={item.index + 2}
              className={styles.tableRow}
              style={{ transform: `translateY(${item.start - top}px)` }}
            >
              {onRows ? (
                <EditedTerm
                  row={row}
                  number={item.index + 1}
                  languages={languages}
                  isFresh={row.key === freshKey}
                  isWrong={row.key === wrongKey}
                  onRows={onRows}
                />
              ) : (
                <ReadTerm row={row} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function ReadTerm({ row }: { row: TermRow }) {
  const { t } = useTranslation("words");
  const format = useFormat();
  return (
    <>
      <span role="cell" dir="auto">
        <CellLabel>{t("term")}</CellLabel>
        {row.source}
      </span>
      <span role="cell" dir="auto">
        <CellLabel>{t("saidAs")}</CellLabel>
        {row.target || <em>{t("staysAsItIs")}</em>}
      </span>
      <span role="cell">
        <CellLabel>{t("inLanguage")}</CellLabel>
        {row.language ? format.language(row.language) : t("everyLanguage")}
      </span>
    </>
  );
}

/** What a cell holds, where a phone has no room for the head of the table. */
function CellLabel({ children }: { children: string }) {
  return (
    <span className={styles.cellLabel} aria-hidden="true">
      {children}
    </span>
  );
}

interface EditedTermProps {
  row: TermRow;
  number: number;
  languages: LanguageChoice[];
  isFresh: boolean;
  isWrong: boolean;
  onRows: SetRows;
}

function EditedTerm({ row, number, languages, isFresh, isWrong, onRows }: EditedTermProps) {
  const { t } = useTranslation("words");
  const first = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (isFresh) first.current?.querySelector("input")?.focus();
  }, [isFresh]);
  const change = (part: Partial<TermRow>) =>
    onRows((rows) => rows.map((each) => (each.key === row.key ? { ...each, ...part } : each)));
  return (
    <>
      <span role="cell" ref={first}>
        <CellLabel>{t("term")}</CellLabel>
        <Input
          dir="auto"
          aria-label={`${t("term")} ${number}`}
          aria-invalid={isWrong}
          maxLength={MOST_CHARACTERS}
          value={row.source}
          onChange={(event) => change({ source: event.target.value })}
        />
      </span>
      <span role="cell">
        <CellLabel>{t("saidAs")}</CellLabel>
        <Input
          dir="auto"
          aria-label={`${t("saidAs")} ${number}`}
          placeholder={t("staysAsItIs")}
          maxLength={MOST_CHARACTERS}
          value={row.target}
          onChange={(event) => change({ target: event.target.value })}
        />
      </span>
      <span role="cell">
        <CellLabel>{t("inLanguage")}</CellLabel>
        <LanguageSelect
          label={`${t("inLanguage")} ${number}`}
          none={t("everyLanguage")}
          value={row.language}
          choices={languages}
          onChoose={(language) => change({ language })}
        />
      </span>
      <span role="cell" className={styles.takeOut}>
        <IconButton
          icon="close"
          label={t("takeOutNamed", { name: row.source || String(number) })}
          onClick={() => onRows((rows) => rows.filter((each) => each.key !== row.key))}
        />
      </span>
    </>
  );
}

interface LanguageSelectProps {
  label: string;
  /** What no language means. */
  none: string;
  value: string;
  choices: LanguageChoice[];
  onChoose: (tag: string) => void;
}

function LanguageSelect({ label, none, value, choices, onChoose }: LanguageSelectProps) {
  return (
    <Select aria-label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
      <option value="">{none}</option>
      {choices.map(({ tag, name }) => (
        <option key={tag} value={tag}>
          {name}
        </option>
      ))}
    </Select>
  );
}
