/** Comma-separated values as RFC 4180 has them. */
export type Row = readonly (string | number | null)[];

const DELIMITERS = [",", ";", "\t"];
/** Without it, spreadsheets take UTF-8 for something else. */
const MARK = "\uFEFF";

export function toCsv(rows: readonly Row[]): string {
  return rows.map((row) => row.map(quoted).join(",") + "\r\n").join("");
}

function quoted(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows of a text; commas, semicolons or tabs may stand between its cells. */
export function fromCsv(text: string): string[][] {
  const bare = text.startsWith(MARK) ? text.slice(1) : text;
  const delimiter = delimiterOf(bare);
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < bare.length) {
    const cell = bare[at] === '"' ? quotedCell(bare, at) : plainCell(bare, at, delimiter);
    row.push(cell.text);
    at = cell.end;
    if (bare[at] === delimiter) {
      at += 1;
      if (at === bare.length) row.push("");
      continue;
    }
    at += bare.startsWith("\r\n", at) ? 2 : 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows.filter((each) => each.some((cell) => cell !== ""));
}

function delimiterOf(text: string): string {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const count = (each: string) => first.split(each).length;
  return DELIMITERS.reduce((best, each) => (count(each) > count(best) ? each : best));
}

function plainCell(text: string, start: number, delimiter: string): { text: string; end: number } {
  let end = start;
  while (end < text.length && !`${delimiter}\r\n`.includes(text.charAt(end))) end += 1;
  return { text: text.slice(start, end).trim(), end };
}

function quotedCell(text: string, start: number): { text: string; end: number } {
  let found = "";
  let at = start + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close < 0) return { text: found + text.slice(at), end: text.length };
    found += text.slice(at, close);
    if (text[close + 1] !== '"') return { text: found, end: close + 1 };
    found += '"';
    at = close + 2;
  }
}

/** Gives a text to the browser to be kept as a file. */
export function saveCsv(filename: string, rows: readonly Row[]): void {
  const url = URL.createObjectURL(new Blob([MARK + toCsv(rows)], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  URL.revokeObjectURL(url);
}
