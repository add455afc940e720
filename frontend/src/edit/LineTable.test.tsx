import { act, render, screen } from "@testing-library/react";
import type { Dub, Script } from "polydub-client";
import { afterEach, expect, test, vi } from "vitest";
import edit from "../i18n/messages/en/edit.json";
import { speaking } from "../testing/speaking";
import type { ScriptApi } from "./api";
import { PlayClock } from "./clock";
import { Editor } from "./editor";
import { LineTable } from "./LineTable";
import { segment } from "./scripts.fixture";
import * as timeline from "./timeline";
import { useEdited, WorkplaceContext } from "./workplace";

speaking({ en: { edit } });

const LINES = 2000;
const SEEN = 20;

// Nothing has a size here, so the first rows are those that are seen.
vi.mock("@tanstack/react-virtual", () => ({
  defaultRangeExtractor: () => [],
  useVirtualizer: () => ({
    getTotalSize: () => 0,
    getVirtualItems: () => Array.from({ length: SEEN }, (_, index) => ({ index, key: index, start: 0 })),
    measureElement: () => undefined,
    scrollToIndex: () => undefined,
  }),
}));
afterEach(() => {
  vi.restoreAllMocks();
});

function Table() {
  const ids = useEdited((state) => state.order);
  return <LineTable ids={ids} selectedId="u0001" onSelect={nothing} onEdit={nothing} />;
}
const nothing = () => undefined;

function opened(): Editor {
  const segments = Array.from({ length: LINES }, (_, n) =>
    segment(`u${String(n).padStart(4, "0")}`, n * 2000, `line ${n}`),
  );
  const script = { segments, speakers: [], stale_languages: [], affected: {}, language: "en" };
  return new Editor({
    api: {} as ScriptApi,
    script: script as unknown as Script,
    language: "es",
    dubRevision: 0,
    talkMs: LINES * 2000,
    delayMs: 3_600_000,
  });
}

test("among two thousand lines a key has one row made anew", () => {
  const editor = opened();
  const workplace = { dub: {} as Dub, editor, clock: new PlayClock(), language: "es", canEdit: true };
  const { container } = render(
    <WorkplaceContext value={workplace}>
      <Table />
    </WorkplaceContext>,
  );
  expect(container.querySelectorAll("[role=row]")).toHaveLength(SEEN);

  // Each row writes its time once whenever it is made.
  const made = vi.spyOn(timeline, "written");
  const before = editor.get();
  for (const words of ["u", "un", "uno"]) {
    act(() => editor.translate("u0001", "es", words, "words"));
  }
  expect(screen.getByText("uno")).toBeTruthy();
  expect(made).toHaveBeenCalledTimes(3);
  expect(editor.get().order).toBe(before.order);
  expect(editor.get().spans).toBe(before.spans);
});
