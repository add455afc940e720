import { memo, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import { classes } from "../design/classes";
import { Field, inputLook, Select } from "../design/fields";
import { Note } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { Conflict } from "./Conflict";
import styles from "./Edit.module.css";
import { FitBox } from "./FitBox";
import { GlossaryEntry } from "./GlossaryEntry";
import { isMergeable, useLineActions } from "./lineActions";
import { faultOf, type Line, type Span } from "./lines";
import { useSpeakerName } from "./speakers";
import type { Entry } from "./state";
import { TimeField } from "./TimeField";
import { useEdited, useWorkplace } from "./workplace";
import { Wording } from "./Wording";

interface LinePanelProps {
  id: string;
  onSelect: (id: string) => void;
}

/** Everything about one line. */
export function LinePanel({ id, onSelect }: LinePanelProps) {
  const entry = useEdited((state) => state.entries.get(id));
  if (!entry) return null;
  if (entry.theirs !== undefined) return <Conflict id={id} entry={entry} />;
  return entry.line ? <Loaded line={entry.line} entry={entry} onSelect={onSelect} /> : null;
}

interface LoadedProps {
  line: Line;
  entry: Entry;
  onSelect: (id: string) => void;
}

function Loaded({ line, entry, onSelect }: LoadedProps) {
  const { t } = useTranslation("edit");
  const { editor, canEdit, language } = useWorkplace();
  const format = useFormat();
  const sourceId = useId();
  const cursor = useRef<number | null>(null);
  /** Language to what is selected in its words; of the original's: "". */
  const [selected, setSelected] = useState<Record<string, string>>({});
  const sourceLanguage = useEdited((state) => state.language);
  const fault = faultOf(line, editor.talkMs);
  const noteSelection = (tag: string, { selectionStart, selectionEnd, value }: HTMLTextAreaElement) => {
    const words = value.slice(selectionStart, selectionEnd);
    setSelected((all) => ((all[tag] ?? "") === words ? all : { ...all, [tag]: words }));
  };
  return (
    <div className={styles.panel}>
      <PanelHead {...spanOf(line)} onSelect={onSelect} />
      {fault && <Note tone="bad" title={t(`fault.${fault}`)} />}
      {entry.saving === "failed" && entry.problem !== null && (
        <ProblemNote error={entry.problem} onRetry={() => editor.retry()} />
      )}
      <Wording
        key={language}
        line={line}
        entry={entry}
        onSelect={(words) => noteSelection(language, words)}
      />
      <div className={styles.field}>
        <label htmlFor={sourceId} className={styles.label}>
          {t("source", { language: format.language(sourceLanguage) })}
        </label>
        <textarea
          id={sourceId}
          className={classes(inputLook, styles.text)}
          dir="auto"
          lang={sourceLanguage}
          readOnly={!canEdit}
          value={line.text}
          onChange={(event) =>
            editor.change(line.id, { text: event.target.value }, `text/${line.id}`)
          }
          onSelect={({ currentTarget }) => {
            cursor.current = currentTarget.selectionStart;
            noteSelection("", currentTarget);
          }}
        />
        <p className={styles.hint}>{t("source.hint")}</p>
      </div>
      <FitBox known={entry.known} />
      <div className={styles.pair}>
        <TimeField {...spanOf(line)} edge="start" />
        <TimeField {...spanOf(line)} edge="end" />
      </div>
      <SpeakerField {...spanOf(line)} />
      {canEdit && <LineActions id={line.id} cursor={cursor} onSelect={onSelect} />}
      {canEdit && (
        <GlossaryEntry
          source={selected[""] ?? ""}
          target={selected[language] ?? ""}
          language={language}
        />
      )}
    </div>
  );
}

/** What of a line no key in its words changes: parts that are made of it stand meanwhile. */
function spanOf({ id, startMs, endMs, speakerId }: Line): Span {
  return { id, startMs, endMs, speakerId };
}

interface PanelHeadProps extends Span {
  onSelect: (id: string) => void;
}

const PanelHead = memo(function PanelHead({ id, startMs, endMs, onSelect }: PanelHeadProps) {
  const { t } = useTranslation("edit");
  const { clock } = useWorkplace();
  const order = useEdited((state) => state.order);
  const at = order.indexOf(id);
  const [before, after] = [order[at - 1], order[at + 1]];
  return (
    <header className={styles.panelHead}>
      <h2>{t("lineNumber", { number: at + 1, total: order.length })}</h2>
      <IconButton
        icon="play"
        label={t("playLine")}
        onClick={() => clock.playSpan(startMs, endMs)}
      />
      <IconButton
        icon="up"
        label={t("previous")}
        disabled={before === undefined}
        onClick={() => before !== undefined && onSelect(before)}
      />
      <IconButton
        icon="chevron"
        label={t("next")}
        disabled={after === undefined}
        onClick={() => after !== undefined && onSelect(after)}
      />
    </header>
  );
});

const SpeakerField = memo(function SpeakerField({ id, speakerId }: Span) {
  const { t } = useTranslation("edit");
  const { editor, canEdit } = useWorkplace();
  const speakers = useEdited((state) => state.speakers);
  const nameOf = useSpeakerName();
  return (
    <Field label={t("speaker")}>
      {(ids) => (
        <Select
          {...ids}
          disabled={!canEdit}
          value={speakerId}
          onChange={(event) => editor.change(id, { speakerId: event.target.value })}
        >
          {speakers.map((each) => (
            <option key={each.id} value={each.id}>
              {nameOf(each.id)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
});

interface LineActionsProps {
  id: string;
  cursor: React.RefObject<number | null>;
  onSelect: (id: string) => void;
}

const LineActions = memo(function LineActions({ id, cursor, onSelect }: LineActionsProps) {
  const { t } = useTranslation("edit");
  const actions = useLineActions(onSelect);
  const canMerge = useEdited((state) => isMergeable(state, id));
  return (
    <div className={styles.actions}>
      <Button icon="split" onClick={() => actions.split(id, cursor.current)}>
        {t("split")}
      </Button>
      <Button icon="merge" disabled={!canMerge} onClick={() => actions.merge(id)}>
        {t("merge")}
      </Button>
      <Button icon="plus" onClick={() => actions.insert(id)}>
        {t("insert")}
      </Button>
      <Button kind="danger" icon="trash" onClick={() => actions.remove(id)}>
        {t("deleteLine")}
      </Button>
    </div>
  );
});
