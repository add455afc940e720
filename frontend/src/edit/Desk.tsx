import { Link, useSearch } from "@tanstack/react-router";
import {
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { useTranslation } from "react-i18next";
import { latinKey } from "../app/latinKey";
import { Select } from "../design/fields";
import { Icon } from "../design/Icon";
import { backLook, PageHead } from "../design/parts";
import { useFormat } from "../i18n/format";
import { hasEnded } from "../watch/stages";
import { BeingMade } from "./BeingMade";
import { chosen, EVERYTHING, SHOWN, type Choosing } from "./choosing";
import styles from "./Edit.module.css";
import { FindDialog } from "./FindDialog";
import { useHearing } from "./hearing";
import { useLineActions } from "./lineActions";
import { LinePanel } from "./LinePanel";
import { LineTable } from "./LineTable";
import { keeping } from "./lists";
import { Player } from "./Player";
import { Popup } from "./Popup";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { useSpeakerName } from "./speakers";
import { idOfKey, savingOf, type EditorState } from "./state";
import { Timeline } from "./Timeline";
import { Toolbar } from "./Toolbar";
import { usePreview } from "./trying";
import { useEdited, useWorkplace } from "./workplace";
import { WORDING_FIELD } from "./Wording";

const PHONE = "(max-width: 56rem)";

/** The editor's parts and what leads from one to another. */
export function Desk({ onLanguage }: { onLanguage: (language: string) => void }) {
  const { t } = useTranslation("edit");
  const { dub, clock, editor, language } = useWorkplace();
  const isPhone = usePhone();
  const [choosing, setChoosing] = useState<Choosing>(EVERYTHING);
  const { line } = useSearch({ from: "/inside/dubs/$dubId/edit" });
  const [wanted, setWanted] = useState<string | null>(line ?? null);
  const [opened, setOpened] = useState<"find" | "shortcuts" | "line" | null>(null);
  const close = (isOpen: boolean) => !isOpen && setOpened(null);
  const ids = useChosen(choosing, language);
  const asked = wanted ?? (isPhone ? null : (ids[0] ?? null));
  // A new line is known by its key when it has got its id.
  const found = useEdited((state) => (asked === null ? null : idOfKey(state, asked)));
  const selectedId = useStanding(found, ids);
  const panelKey = useEdited((state) =>
    selectedId === null ? undefined : state.entries.get(selectedId)?.key,
  );
  const hearing = useHearing(dub, language);
  // A file that was made anew is found where the one before was.
  const edition = `${dub.revision} ${hasEnded(dub.state)}`;

  const select = useCallback(
    (id: string) => {
      setWanted(id);
      const line = editor.line(id);
      if (line && !clock.isPlaying()) clock.seek(line.startMs);
      if (isPhone) setOpened("line");
    },
    [editor, clock, isPhone],
  );
  const edit = useCallback(
    (id: string) => {
      select(id);
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[${WORDING_FIELD}]`)?.focus(),
      );
    },
    [select],
  );
  useShortcuts({
    selectedId,
    ids,
    select,
    edit,
    open: (what) => setOpened(what),
  });

  return (
    <div className={styles.desk}>
      <PageHead title={dub.filename} lead={<BackLink dubId={dub.id} />}>
        <Toolbar onFind={() => setOpened("find")} onHelp={() => setOpened("shortcuts")} />
      </PageHead>
      <MadeAnew />
      <div className={styles.stage}>
        <Player hearing={hearing} edition={edition} />
        <Timeline key={edition} soundUrl={hearing.url} selectedId={selectedId} onSelect={select} />
      </div>
      <Filters choosing={choosing} onChange={setChoosing} onLanguage={onLanguage} count={ids.length} />
      <div className={styles.columns}>
        <LineTable ids={ids} selectedId={selectedId} onSelect={select} onEdit={edit} />
        {!isPhone && (
          <aside className={styles.side} aria-label={t("line")}>
            {selectedId !== null && <LinePanel key={panelKey} id={selectedId} onSelect={select} />}
          </aside>
        )}
      </div>
      {isPhone && selectedId !== null && (
        <Popup title={t("line")} sheet open={opened === "line"} onOpenChange={close}>
          <LinePanel key={panelKey} id={selectedId} onSelect={select} />
        </Popup>
      )}
      <FindDialog
        open={opened === "find"}
        onOpenChange={close}
        onGo={(id) => {
          setOpened(null);
          setChoosing(EVERYTHING);
          edit(id);
        }}
      />
      <ShortcutsDialog open={opened === "shortcuts"} onOpenChange={close} />
    </div>
  );
}

/** Someone has the dub made anew while it is open here. */
function MadeAnew() {
  const { t } = useTranslation("edit");
  const { dub } = useWorkplace();
  const isSaved = useEdited((state) => savingOf(state) === "saved");
  if (hasEnded(dub.state)) return null;
  return <BeingMade dubId={dub.id}>{t(isSaved ? "workingText" : "workingUnsaved")}</BeingMade>;
}

function BackLink({ dubId }: { dubId: string }) {
  const { t } = useTranslation("edit");
  return (
    <Link to="/dubs/$dubId" params={{ dubId }} className={backLook}>
      <Icon name="back" size={18} />
      {t("toDub")}
    </Link>
  );
}

/** The chosen line; where it has gone, or got another id, what stands in its place. */
function useStanding(wanted: string | null, ids: readonly string[]): string | null {
  const [last, setLast] = useState({ id: wanted, index: 0 });
  if (wanted === null) return null;
  const at = ids.indexOf(wanted);
  if (at >= 0) {
    if (last.id !== wanted || last.index !== at) setLast({ id: wanted, index: at });
    return wanted;
  }
  return ids[Math.min(last.index, ids.length - 1)] ?? null;
}

/** The lines to be seen; the same list for as long as they are the same. */
function useChosen(choosing: Choosing, language: string): readonly string[] {
  const select = useMemo(
    () => keeping((state: EditorState) => chosen(state, choosing, language)),
    [choosing, language],
  );
  return useEdited(select);
}

function usePhone(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(PHONE);
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => matchMedia(PHONE).matches,
  );
}

interface FiltersProps {
  choosing: Choosing;
  onChange: (choosing: Choosing) => void;
  onLanguage: (language: string) => void;
  count: number;
}

function Filters({ choosing, onChange, onLanguage, count }: FiltersProps) {
  const { t } = useTranslation("edit");
  const { dub, language } = useWorkplace();
  const speakers = useEdited((state) => state.speakers);
  const nameOf = useSpeakerName();
  const format = useFormat();
  return (
    <div className={styles.filters} role="group" aria-label={t("filter")}>
      {dub.target_languages.length > 1 && (
        <Select
          aria-label={t("language")}
          value={language}
          onChange={(event) => onLanguage(event.target.value)}
        >
          {dub.target_languages.map((tag) => (
            <option key={tag} value={tag}>
              {format.language(tag)}
            </option>
          ))}
        </Select>
      )}
      <Select
        aria-label={t("show")}
        value={choosing.show}
        onChange={(event) =>
          onChange({ ...choosing, show: event.target.value as Choosing["show"] })
        }
      >
        {SHOWN.map((each) => (
          <option key={each} value={each}>
            {t(`show.${each}`)}
          </option>
        ))}
      </Select>
      <Select
        aria-label={t("speaker")}
        value={choosing.speakerId}
        onChange={(event) => onChange({ ...choosing, speakerId: event.target.value })}
      >
        <option value="">{t("everyone")}</option>
        {speakers.map((each) => (
          <option key={each.id} value={each.id}>
            {nameOf(each.id)}
          </option>
        ))}
      </Select>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={choosing.flaggedFirst}
          onChange={(event) => onChange({ ...choosing, flaggedFirst: event.target.checked })}
        />
        {t("flaggedFirst")}
      </label>
      <p role="status" className={styles.hint}>
        {t("lineCount", { count })}
      </p>
    </div>
  );
}

interface Shortcuts {
  selectedId: string | null;
  ids: readonly string[];
  select: (id: string) => void;
  edit: (id: string) => void;
  open: (what: "find" | "shortcuts") => void;
}

/** Keys that hold everywhere in the editor, and those that hold where no text is typed. */
function useShortcuts({ selectedId, ids, select, edit, open }: Shortcuts): void {
  const { editor, canEdit, dub, language } = useWorkplace();
  const actions = useLineActions(select);
  const preview = usePreview();
  const withLine = (act: (id: string) => void) => () => selectedId !== null && act(selectedId);
  const hear = withLine((lineId) => {
    if (preview.state !== "idle") preview.stop();
    else {
      const text = editor.line(lineId)?.translations[language] ?? undefined;
      preview.hear({ dubId: dub.id, lineId, language, text });
    }
  });
  const ofLines: Record<string, () => unknown> = {
    p: hear,
    s: withLine((id) => actions.split(id, null)),
    m: withLine((id) => actions.merge(id)),
    i: withLine((id) => actions.insert(id)),
    Delete: withLine((id) => actions.remove(id)),
  };
  const withControl: Record<string, () => unknown> = {
    z: () => editor.undo(),
    Z: () => editor.redo(),
    y: () => editor.redo(),
    f: () => open("find"),
  };
  const goOn = (by: number) => {
    const next = ids[ids.indexOf(selectedId ?? "") + by];
    if (next !== undefined) edit(next);
  };
  const actionOf = (event: KeyboardEvent): (() => unknown) | undefined => {
    const target = event.target as HTMLElement;
    const key = latinKey(event);
    // A line's sheet is a dialog too: there only what is about words holds.
    if (target.closest("[role=dialog]") && !target.closest(`[${WORDING_FIELD}]`)) return undefined;
    const isTyped = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (event.ctrlKey || event.metaKey) {
      if (key === "Enter") return () => goOn(1);
      const act = withControl[event.shiftKey ? key.toUpperCase() : key.toLowerCase()];
      return canEdit || key.toLowerCase() === "f" ? act : undefined;
    }
    if (event.altKey) return undefined;
    if (key === "Escape" && isTyped && !target.closest("[role=dialog]")) {
      return () => focusRow(selectedId);
    }
    if (isTyped) return undefined;
    if (key === "?") return () => open("shortcuts");
    // Single keys hold only in the list: elsewhere they might be pressed by mistake, or by voice.
    return canEdit && target.closest("[role=grid]") ? ofLines[key] : undefined;
  };
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const act = event.defaultPrevented ? undefined : actionOf(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function focusRow(id: string | null): void {
  if (id !== null) document.querySelector<HTMLElement>(`[data-line="${CSS.escape(id)}"]`)?.focus();
}
