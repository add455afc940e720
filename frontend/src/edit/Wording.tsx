import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { classes } from "../design/classes";
import { inputLook } from "../design/fields";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import styles from "./Edit.module.css";
import type { Line } from "./lines";
import type { Entry } from "./state";
import { usePreview, useSuggestions } from "./trying";
import { useWorkplace } from "./workplace";

const QUIET = { state: "idle", durationMs: null, problem: null } as const;
const SHORTER = 0.8;
const LONGER = 1.25;
export const WORDING_FIELD = "data-wording";

interface WordingProps {
  line: Line;
  entry: Entry;
  /** Something in the words is selected, or nothing any more. */
  onSelect: (words: HTMLTextAreaElement) => void;
}

/** How a line is said in the language that is worked on: the words, others to choose, the sound. */
export function Wording({ line, entry, onSelect }: WordingProps) {
  const { t } = useTranslation("edit");
  const { editor, language, canEdit, dub } = useWorkplace();
  const format = useFormat();
  const id = useId();
  const shared = usePreview();
  const preview = shared.lineId === line.id ? shared : { ...shared, ...QUIET };
  const suggesting = useSuggestions(dub.id, line.id, language);
  const [isEmptyMeant, setEmptyMeant] = useState(false);
  const known = entry.known?.translations[language];
  const text = line.translations[language] ?? null;
  const isStale = text === null;
  const isThere = entry.known !== null;
  const put = (words: string, group?: string) => editor.translate(line.id, language, words, group);

  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {format.language(language)}
        {known?.origin === "person" && !isStale && (
          <span className={styles.by}>{t("byPerson")}</span>
        )}
      </label>
      <textarea
        id={id}
        {...{ [WORDING_FIELD]: "" }}
        className={classes(inputLook, styles.text)}
        dir="auto"
        lang={language}
        readOnly={!canEdit}
        aria-describedby={isStale ? `${id}-stale` : undefined}
        placeholder={known?.text ?? ""}
        value={text ?? ""}
        onChange={(event) => {
          setEmptyMeant(event.target.value === "");
          put(event.target.value, `words/${language}/${line.id}`);
        }}
        onSelect={(event) => onSelect(event.currentTarget)}
      />
      {isStale && (
        <p id={`${id}-stale`} className={styles.hint}>
          {t("stale.hint")}
          {canEdit && known?.text && (
            <button type="button" className={styles.link} onClick={() => put(known.text)}>
              {t("stale.keep")}
            </button>
          )}
        </p>
      )}
      {text === "" && isEmptyMeant && <p className={styles.hint}>{t("silent")}</p>}
      {canEdit && (
        <div className={styles.actions}>
          {preview.state === "idle" ? (
            <Button
              icon="sound"
              disabled={!isThere || !(text ?? known?.text)}
              onClick={() =>
                preview.hear({
                  dubId: dub.id,
                  lineId: line.id,
                  language,
                  text: text ?? known?.text,
                })
              }
            >
              {t("preview")}
            </Button>
          ) : (
            <Button icon="close" className={styles.busy} onClick={preview.stop}>
              {preview.state === "loading" ? t("preview.loading") : t("preview.stop")}
            </Button>
          )}
          {(["shorter", "longer", "others"] as const).map((kind) => (
            <Button
              key={kind}
              kind="quiet"
              disabled={!isThere}
              onClick={() =>
                suggesting.ask(kind === "shorter" ? SHORTER : kind === "longer" ? LONGER : 1)
              }
            >
              {t(`suggest.${kind}`)}
            </Button>
          ))}
          {!isStale && (
            <Button kind="quiet" icon="retry" onClick={() => editor.translate(line.id, language, null)}>
              {t("translateAnew")}
            </Button>
          )}
        </div>
      )}
      <p role="status" className={styles.hint}>
        {preview.durationMs !== null && (
          <bdi>
            {t("preview.length", {
              seconds: seconds(format.number, preview.durationMs),
              room: seconds(format.number, line.endMs - line.startMs),
            })}
          </bdi>
        )}
      </p>
      <p role="status" className={styles.hint}>
        {suggesting.isPending && t("suggest.loading")}
        {suggesting.found?.length === 0 && t("suggest.none")}
      </p>
      {preview.problem !== null && <ProblemNote error={preview.problem} />}
      {suggesting.problem !== null && <ProblemNote error={suggesting.problem} />}
      {suggesting.found && suggesting.found.length > 0 && (
        <ul className={styles.suggestions} aria-label={t("suggest.others")}>
          {suggesting.found.map((each) => (
            <li key={each.text}>
              <button
                type="button"
                className={styles.suggestion}
                onClick={() => {
                  put(each.text);
                  suggesting.close();
                }}
              >
                <span dir="auto" lang={language}>
                  {each.text}
                </span>
                <span className={styles.hint}>
                  {t(`origin.${each.origin as "memory" | "candidate" | "rephrased"}`)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function seconds(number: (value: number) => string, ms: number): string {
  return number(Math.round(ms / 100) / 10);
}
