import { useNavigate } from "@tanstack/react-router";
import { ApiProblem, type Glossary } from "polydub-client";
import { useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useKeeping } from "../app/keeping";
import { LeaveGuard, Outrun } from "../app/KeepingParts";
import { useMay } from "../app/role";
import { Button } from "../design/Button";
import { Field, Input } from "../design/fields";
import { Note, PageHead } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { GlossaryFiles } from "./GlossaryFiles";
import { glossaryKeeping } from "./saving";
import { faultOf, MOST_TERMS, newRow, rowsOf, termsOf, type TermRow } from "./terms";
import { TermTable } from "./TermTable";
import styles from "./Words.module.css";

interface GlossaryEditorProps {
  /** null: a new one. */
  glossary: Glossary | null;
  /** Takes what others wrote, and drops what was changed here. */
  onReload: () => void;
}

export function GlossaryEditor({ glossary, onReload }: GlossaryEditorProps) {
  const { t } = useTranslation("words");
  const { t: common } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [name, setName] = useState(glossary?.name ?? "");
  const [rows, setRows] = useState(() => (glossary ? rowsOf(glossary.terms) : [newRow()]));
  const kept = useRef(stateOf(glossary?.name ?? "", glossary?.terms ?? []));
  const [isShown, setShown] = useState(false);
  const saving = useKeeping(glossary, glossaryKeeping, async (made, body) => {
    kept.current = stateOf(body.name, body.terms);
    if (!glossary) {
      await navigate({
        to: "/glossaries/$glossaryId",
        params: { glossaryId: made.id },
        replace: true,
        ignoreBlocker: true,
      });
    }
  });
  const isChanged = () => stateOf(name, termsOf(rows)) !== kept.current;
  const problem = faultOf(rows);

  const save = (force: boolean) => {
    setShown(true);
    if (!problem && name.trim()) saving.save({ name: name.trim(), terms: termsOf(rows) }, force);
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save(false);
  };
  const isOutrun =
    saving.error instanceof ApiProblem && saving.error.code === "revision_mismatch";

  return (
    <form onSubmit={submit} className={styles.editor}>
      <PageHead title={name.trim() || t("newGlossary")}>
        <div className={styles.headActions}>
          <GlossaryFiles name={name} rows={rows} onRows={may.edit ? setRows : null} />
          {may.edit && (
            <Button type="submit" kind="primary" busy={saving.isBusy}>
              {common("save")}
            </Button>
          )}
        </div>
      </PageHead>
      {isOutrun && (
        <Outrun title={t("outrun")} onReload={onReload} onForce={() => save(true)} />
      )}
      {saving.error && !isOutrun && <ProblemNote error={saving.error} />}
      {isShown && problem && (
        <Note tone="bad" title={t(problem.fault, { count: MOST_TERMS })} />
      )}
      {may.edit && (
        <div className={styles.nameField}>
          <Field label={t("name")} error={isShown && !name.trim() ? t("noName") : undefined}>
            {(ids) => (
              <Input
                {...ids}
                value={name}
                maxLength={100}
                required
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        </div>
      )}
      <TermTable
        rows={rows}
        onRows={may.edit ? setRows : null}
        wrongKey={isShown ? problem?.key : undefined}
      />
      <LeaveGuard isChanged={isChanged} settled={saving.settled} title={t("leaveTitle")} />
      <span role="status" className="visually-hidden">
        {saving.isBusy ? common("loading") : ""}
      </span>
    </form>
  );
}

/** What can be compared to see whether there is something to save. */
function stateOf(name: string, terms: Glossary["terms"]): string {
  return JSON.stringify([name.trim(), termsOf(rowsOf(terms))]);
}

export type SetRows = (change: (rows: TermRow[]) => TermRow[]) => void;
