import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Field, Input, Select, SwitchRow } from "../design/fields";
import { useFormat } from "../i18n/format";
import { matches, withReplaced, type Match, type Search } from "./choosing";
import styles from "./Edit.module.css";
import { Popup } from "./Popup";
import { written } from "./timeline";
import { useEdited, useWorkplace } from "./workplace";

const SHOWN_AT_MOST = 100;

interface FindDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onGo: (id: string) => void;
}

export function FindDialog({ open, onOpenChange, onGo }: FindDialogProps) {
  const { t } = useTranslation("edit");
  return (
    <Popup title={t("find")} open={open} onOpenChange={onOpenChange}>
      <Finding onGo={onGo} />
    </Popup>
  );
}

function Finding({ onGo }: { onGo: (id: string) => void }) {
  const { t } = useTranslation("edit");
  const { editor, language, canEdit } = useWorkplace();
  const format = useFormat();
  const state = useEdited((state) => state);
  const [search, setSearch] = useState<Search>({
    text: "",
    language,
    matchCase: false,
    wholeWords: false,
  });
  const [words, setWords] = useState("");
  const sought = useDeferredValue(search);
  const found = useMemo(() => matches(state, sought), [state, sought]);
  const count = found.reduce((sum, each) => sum + each.at.length, 0);
  const replaceAll = () => editor.changeAll(found.map((each) => withReplaced(each, sought, words)));
  return (
    <>
      <div className={styles.pair}>
        <Field label={t("find.text")}>
          {(ids) => (
            <Input
              {...ids}
              dir="auto"
              value={search.text}
              onChange={(event) => setSearch({ ...search, text: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("find.in")}>
          {(ids) => (
            <Select
              {...ids}
              value={search.language}
              onChange={(event) => setSearch({ ...search, language: event.target.value })}
            >
              <option value={language}>{format.language(language)}</option>
              <option value="">{t("source", { language: format.language(state.language) })}</option>
            </Select>
          )}
        </Field>
      </div>
      {canEdit && (
        <Field label={t("find.replace")}>
          {(ids) => (
            <Input
              {...ids}
              dir="auto"
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
          )}
        </Field>
      )}
      <SwitchRow
        label={t("find.case")}
        checked={search.matchCase}
        onChange={(matchCase) => setSearch({ ...search, matchCase })}
      />
      <SwitchRow
        label={t("find.whole")}
        checked={search.wholeWords}
        onChange={(wholeWords) => setSearch({ ...search, wholeWords })}
      />
      <div className={styles.findHead}>
        <p role="status">{search.text !== "" && t("find.count", { count })}</p>
        {canEdit && (
          <Button kind="primary" disabled={count === 0} onClick={replaceAll}>
            {t("find.replaceAll")}
          </Button>
        )}
      </div>
      <ul className={styles.found}>
        {found.slice(0, SHOWN_AT_MOST).map((each) => (
          <Found key={each.line.id} match={each} search={sought} words={words} onGo={onGo} />
        ))}
      </ul>
      {found.length > SHOWN_AT_MOST && (
        <p className={styles.hint}>{t("find.more", { count: found.length - SHOWN_AT_MOST })}</p>
      )}
    </>
  );
}

interface FoundProps {
  match: Match;
  search: Search;
  words: string;
  onGo: (id: string) => void;
}

function Found({ match, search, words, onGo }: FoundProps) {
  const { t } = useTranslation("edit");
  const { editor, canEdit } = useWorkplace();
  return (
    <li className={styles.match}>
      <button type="button" className={styles.matchText} onClick={() => onGo(match.line.id)}>
        <span className={styles.time} dir="ltr">
          {written(match.line.startMs)}
        </span>
        <span dir="auto">
          {pieces(match, search).map(({ text, isFound }, n) =>
            isFound ? (
              <span key={n}>
                <mark className={styles.mark}>{text}</mark>
                {words !== "" && canEdit && <ins className={styles.ins}>{words}</ins>}
              </span>
            ) : (
              text
            ),
          )}
        </span>
      </button>
      {canEdit && (
        <Button onClick={() => editor.changeAll([withReplaced(match, search, words)])}>
          {t("find.replaceOne")}
        </Button>
      )}
    </li>
  );
}

function pieces({ text, at }: Match, search: Search): { text: string; isFound: boolean }[] {
  const cut: { text: string; isFound: boolean }[] = [];
  let end = 0;
  for (const start of at) {
    cut.push({ text: text.slice(end, start), isFound: false });
    end = start + search.text.length;
    cut.push({ text: text.slice(start, end), isFound: true });
  }
  return [...cut, { text: text.slice(end), isFound: false }];
}
