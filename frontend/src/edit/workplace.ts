import type { Dub } from "polydub-client";
import { createContext, use, useSyncExternalStore } from "react";
import type { Editor } from "./editor";
import type { PlayClock } from "./clock";
import type { EditorState } from "./state";

/** What all parts of the editor work with. */
export interface Workplace {
  dub: Dub;
  editor: Editor;
  clock: PlayClock;
  /** The target language that is worked on. */
  language: string;
  canEdit: boolean;
}

export const WorkplaceContext = createContext<Workplace | null>(null);

export function useWorkplace(): Workplace {
  const workplace = use(WorkplaceContext);
  if (!workplace) throw new Error("This stands outside of an editor.");
  return workplace;
}

/** Something of the editor's state; what is selected has to be the same as long as it is equal. */
export function useEdited<T>(select: (state: EditorState) => T): T {
  const { editor } = useWorkplace();
  return useSyncExternalStore(editor.subscribe, () => select(editor.get()));
}
