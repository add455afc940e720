import { useMutation } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Field, Input } from "../design/fields";
import { useProblemText } from "../design/ProblemNote";
import { asSentence } from "../design/sentences";
import { uploads } from "../uploads/uploads";
import styles from "./NewDub.module.css";

/** Fetches a video from an address. */
export function LinkImport() {
  const { t } = useTranslation("new-dub");
  const [url, setUrl] = useState("");
  const problemText = useProblemText();
  const adding = useMutation({
    mutationFn: (address: string) => uploads.addLink(address),
    onSuccess: () => setUrl(""),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    adding.mutate(url.trim());
  };
  const problem = adding.error && problemText(adding.error);
  return (
    <form onSubmit={submit} className={styles.link}>
      <Field
        label={t("link.label")}
        hint={t("link.hint")}
        error={
          problem && (
            <>
              {asSentence(problem.title)} {problem.hint}
            </>
          )
        }
      >
        {(ids) => (
          <div className={styles.linkRow}>
            <Input
              {...ids}
              type="url"
              dir="ltr"
              inputMode="url"
              placeholder="https://"
              autoComplete="off"
              required
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
            <Button type="submit" icon="link" busy={adding.isPending}>
              {t("link.fetch")}
            </Button>
          </div>
        )}
      </Field>
    </form>
  );
}
