import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, type Glossary } from "polydub-client";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { glossariesQuery } from "../api/queries";
import { Button } from "../design/Button";
import { Field, Input, Select } from "../design/fields";
import { ProblemNote } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import styles from "./Edit.module.css";
import { Popup } from "./Popup";

interface Term {
  source: string;
  target: string;
  language: string;
}

/** Keeps a term, from what is selected in the line, for the next dubs. */
export const GlossaryEntry = memo(function GlossaryEntry(selected: Term) {
  const { t } = useTranslation("edit");
  const [isOpen, setOpen] = useState(false);
  return (
    <Popup
      title={t("glossary")}
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <Button kind="quiet" icon="book">
          {t("glossary.add")}
        </Button>
      }
    >
      <TermForm {...selected} onDone={() => setOpen(false)} />
    </Popup>
  );
});

function TermForm({ source, target, language, onDone }: Term & { onDone: () => void }) {
  const { t } = useTranslation("edit");
  const queryClient = useQueryClient();
  const glossaries = useQuery(glossariesQuery);
  const [term, setTerm] = useState({ source: source.trim(), target: target.trim() });
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState("");
  const known = glossaries.data?.glossaries ?? [];
  const glossary = chosen === "" ? undefined : (known.find((each) => each.id === chosen) ?? known[0]);
  const keeping = useMutation({
    mutationFn: () => keep(glossary, name.trim(), { ...term, language }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: glossariesQuery.queryKey });
      toasts.add({ title: t("glossary.kept"), description: t("glossary.keptText"), type: "good" });
      onDone();
    },
  });
  const isWhole = term.source.trim() !== "" && (glossary !== undefined || name.trim() !== "");
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) keeping.mutate();
      }}
    >
      <div className={styles.pair}>
        <Field label={t("glossary.source")}>
          {(ids) => (
            <Input
              {...ids}
              dir="auto"
              value={term.source}
              onChange={(event) => setTerm({ ...term, source: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("glossary.target")} hint={t("glossary.target.hint")}>
          {(ids) => (
            <Input
              {...ids}
              dir="auto"
              lang={language}
              value={term.target}
              onChange={(event) => setTerm({ ...term, target: event.target.value })}
            />
          )}
        </Field>
      </div>
      <div className={styles.pair}>
        <Field label={t("glossary.which")}>
          {(ids) => (
            <Select
              {...ids}
              value={glossary?.id ?? ""}
              onChange={(event) => setChosen(event.target.value)}
            >
              {known.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                </option>
              ))}
              <option value="">{t("glossary.new")}</option>
            </Select>
          )}
        </Field>
        {!glossary && (
          <Field label={t("glossary.name")}>
            {(ids) => (
              <Input {...ids} value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
        )}
      </div>
      {keeping.error && <ProblemNote error={keeping.error} />}
      <div className={styles.popupActions}>
        <Button type="submit" kind="primary" disabled={!isWhole} busy={keeping.isPending}>
          {t("glossary.keep")}
        </Button>
      </div>
    </form>
  );
}

async function keep(glossary: Glossary | undefined, name: string, term: Term): Promise<Glossary> {
  const added = {
    source: term.source.trim(),
    target: term.target.trim(),
    target_language: term.language,
  };
  if (!glossary) {
    return answer(polydub.http.POST("/v1/glossaries", { body: { name, terms: [added] } }));
  }
  const others = glossary.terms.filter(
    (each) => each.source !== added.source || each.target_language !== added.target_language,
  );
  return answer(
    polydub.http.PUT("/v1/glossaries/{glossary_id}", {
      params: {
        path: { glossary_id: glossary.id },
        header: { "if-match": `"${glossary.revision}"` },
      },
      body: { name: glossary.name, terms: [...others, added] },
    }),
  );
}
