import { newId, type Glossary } from "polydub-client";
import { fromCsv, type Row } from "../app/csv";

/** What a glossary takes. */
export const MOST_TERMS = 500;
export const MOST_CHARACTERS = 200;
const COLUMNS = ["source", "target", "target_language"] as const;

/** A line of the table; the key tells lines apart whose words are the same. */
export interface TermRow {
  key: string;
  source: string;
  target: string;
  /** Empty: in every language. */
  language: string;
}

type Term = Glossary["terms"][number];

export function newRow(source = "", target = "", language = ""): TermRow {
  return { key: newId(), source, target, language };
}

export function rowsOf(terms: readonly Term[]): TermRow[] {
  return terms.map((term) => newRow(term.source, term.target ?? "", term.target_language ?? ""));
}

/** The terms to be kept: lines with nothing in them are none. */
export function termsOf(rows: readonly TermRow[]): Term[] {
  return rows
    .map((row) => ({
      source: row.source.trim(),
      target: row.target.trim(),
      target_language: row.language.trim(),
    }))
    .filter((term) => term.source !== "" || term.target !== "");
}

/** What keeps rows from being saved, and the first row that it is about. */
export function faultOf(rows: readonly TermRow[]): { fault: "noTerm" | "tooMany"; key?: string } | null {
  const lacking = rows.find((row) => !row.source.trim() && row.target.trim());
  if (lacking) return { fault: "noTerm", key: lacking.key };
  return termsOf(rows).length > MOST_TERMS ? { fault: "tooMany" } : null;
}

/** Where the rows of a search and a language stand in the whole. */
export function shownOf(rows: readonly TermRow[], sought: string, language: string): TermRow[] {
  const wanted = sought.trim().toLocaleLowerCase();
  return rows.filter(
    (row) =>
      (!language || row.language === language || row.language === "") &&
      (!wanted || `${row.source}\n${row.target}`.toLocaleLowerCase().includes(wanted)),
  );
}

export function csvOf(rows: readonly TermRow[]): Row[] {
  return [
    COLUMNS,
    ...termsOf(rows).map((term) => [term.source, term.target ?? "", term.target_language ?? ""]),
  ];
}

/** The rows of a file that are not there yet. A line that names the columns may come first. */
export function imported(text: string, present: readonly TermRow[]): TermRow[] {
  const [first = [], ...rest] = fromCsv(text);
  const hasHead = first.some((cell) => (COLUMNS as readonly string[]).includes(cell.toLowerCase()));
  const order = hasHead
    ? COLUMNS.map((name) => first.findIndex((cell) => cell.toLowerCase() === name))
    : [0, 1, 2];
  const seen = new Set(present.map(sameness));
  return (hasHead ? rest : [first, ...rest]).flatMap((cells) => {
    const [source = "", target = "", language = ""] = order.map((at) => cells[at] ?? "");
    const row = newRow(source.trim(), target.trim(), language.trim());
    if (!row.source || seen.has(sameness(row))) return [];
    seen.add(sameness(row));
    return [row];
  });
}

function sameness({ source, target, language }: TermRow): string {
  return JSON.stringify([source, target, language]);
}
