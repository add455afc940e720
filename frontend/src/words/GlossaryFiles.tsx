import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { saveCsv } from "../app/csv";
import { Button } from "../design/Button";
import { toasts } from "../design/Toasts";
import type { SetRows } from "./GlossaryEditor";
import { csvOf, imported, termsOf, type TermRow } from "./terms";

interface GlossaryFilesProps {
  name: string;
  rows: TermRow[];
  /** null: nothing may be changed. */
  onRows: SetRows | null;
}

/** Terms from a file, and as one. */
export function GlossaryFiles({ name, rows, onRows }: GlossaryFilesProps) {
  const { t } = useTranslation("words");
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File) => {
    const added = imported(await file.text(), rows);
    onRows?.((before) => [...added, ...before.filter((row) => row.source || row.target)]);
    toasts.add({ title: t("imported", { count: added.length }) });
  };
  return (
    <>
      {onRows && (
        <>
          <Button icon="upload" onClick={() => input.current?.click()}>
            {t("import")}
          </Button>
          <input
            ref={input}
            type="file"
            accept=".csv,.tsv,.txt,text/csv"
            aria-label={t("import")}
            hidden
            onChange={({ target }) => {
              const file = target.files?.[0];
              if (file) void take(file);
              target.value = "";
            }}
          />
        </>
      )}
      <Button
        icon="download"
        disabled={termsOf(rows).length === 0}
        onClick={() => saveCsv(`${name.trim() || "glossary"}.csv`, csvOf(rows))}
      >
        {t("export")}
      </Button>
    </>
  );
}
