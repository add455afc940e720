import { useTranslation } from "react-i18next";
import { toasts } from "../design/Toasts";
import { cutFor, momentFor, SHORTEST_MS, type Line } from "./lines";
import type { EditorState } from "./state";
import { useWorkplace } from "./workplace";

const NEW_LINE_MS = 2000;
const LEAST_NEW_MS = 500;

/** What is done with whole lines; each says itself why it can't be. */
export function useLineActions(onSelect: (id: string) => void) {
  const { t } = useTranslation("edit");
  const { editor, clock } = useWorkplace();
  const refuse = (title: string) => toasts.add({ title, type: "bad" });
  const nextOf = (id: string) => {
    const { order } = editor.get();
    const next = order[order.indexOf(id) + 1];
    return next === undefined ? null : editor.line(next);
  };
  return {
    split(id: string, cursor: number | null) {
      const line = editor.line(id);
      const cut = line && whereToCut(line, cursor, clock.nowMs());
      if (!cut) {
        refuse(t("splitWhere"));
        return;
      }
      void editor.split(id, cut.atMs, cut.atCharacter).then((made) => {
        if (made?.[0] !== undefined) onSelect(made[0]);
      });
    },
    merge(id: string) {
      if (isMergeable(editor.get(), id)) void editor.merge(id);
      else refuse(t("cantMerge"));
    },
    insert(id: string) {
      const line = editor.line(id);
      const added = line && lineAfter(line, nextOf(id), editor.talkMs);
      if (added) onSelect(editor.insert(added));
      else refuse(t("noRoom"));
    },
    remove(id: string) {
      const next = nextOf(id);
      editor.remove(id);
      if (next) onSelect(next.id);
    },
  };
}

/** The gateway works on a talk in parts, and lines of two parts stay two. */
export function isMergeable(state: EditorState, id: string): boolean {
  const part = state.entries.get(id)?.known?.part;
  const next = state.order[state.order.indexOf(id) + 1];
  const nextPart = next === undefined ? undefined : state.entries.get(next)?.known?.part;
  return part !== undefined && part === nextPart;
}

/** At the cursor in the words where there is one inside, else where it plays, else nowhere. */
export function whereToCut(
  line: Line,
  cursor: number | null,
  nowMs: number,
): { atMs: number; atCharacter: number } | null {
  if (line.endMs - line.startMs < 2 * SHORTEST_MS) return null;
  const isInside = nowMs >= line.startMs + SHORTEST_MS && nowMs <= line.endMs - SHORTEST_MS;
  if (cursor !== null && cursor > 0 && cursor < line.text.length) {
    return { atMs: isInside ? nowMs : momentFor(line, cursor), atCharacter: cursor };
  }
  const atCharacter = isInside ? cutFor(line, nowMs) : null;
  return atCharacter === null ? null : { atMs: nowMs, atCharacter };
}

/** A line without words yet, in the silence behind another; null: the talk ends there. */
export function lineAfter(line: Line, next: Line | null, talkMs: number): Omit<Line, "id"> | null {
  const startMs = line.endMs;
  const roomMs = Math.max((next?.startMs ?? talkMs) - startMs, LEAST_NEW_MS);
  const endMs = Math.min(startMs + Math.min(roomMs, NEW_LINE_MS), talkMs);
  if (endMs - startMs < SHORTEST_MS) return null;
  const translations = Object.fromEntries(Object.keys(line.translations).map((tag) => [tag, null]));
  return { startMs, endMs, speakerId: line.speakerId, text: "", translations };
}
