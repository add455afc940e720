import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import styles from "./Edit.module.css";
import { draw } from "./drawing";
import type { Span } from "./lines";
import { dragged, hit, msAt, shifted, showing, written, zoomed, type Edge, type View } from "./timeline";
import { useEdited, useWorkplace } from "./workplace";
import { Waveform } from "./waveform";

const FIRST_SPAN_MS = 30_000;
/** Sound of more than this at once is not fetched: the lines are told apart no more anyway. */
const MOST_SOUND_MS = 300_000;
const STEP_MS = 1000;

interface TimelineProps {
  /** The file that is heard. */
  soundUrl: string | null;
  selectedId: string | null;
  onSelect: (id: string) => void;
}

/** The talk in time: its sound, its lines in their speakers' colours, and where it plays. */
export function Timeline({ soundUrl, selectedId, onSelect }: TimelineProps) {
  const { t } = useTranslation("edit");
  const { editor, clock, canEdit } = useWorkplace();
  const talkMs = editor.talkMs;
  const lines = useEdited((state) => state.spans);
  const speakers = useEdited((state) => state.speakers);
  const nowMs = useSyncExternalStore(clock.subscribe, clock.nowMs);
  const [view, setView] = useState<View>({
    fromMs: 0,
    toMs: Math.min(FIRST_SPAN_MS, talkMs),
    widthPx: 1,
  });
  const [drag, setDrag] = useState<{ line: Span; edge: Edge } | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [waveform, tiles] = useWaveform(soundUrl);
  const selected = drag?.line ?? lines.find((each) => each.id === selectedId) ?? null;
  const shown = useShown(view, setView, nowMs, selected, talkMs);
  useWidth(canvas, setView);
  const theme = useTheme();

  useEffect(() => {
    if (!waveform || shown.toMs - shown.fromMs > MOST_SOUND_MS) return;
    waveform.want(shown.fromMs / 1000, shown.toMs / 1000);
  }, [waveform, shown.fromMs, shown.toMs]);

  useEffect(() => {
    if (!canvas.current) return;
    const ids = speakers.map((each) => each.id);
    draw(canvas.current, { view: shown, lines, selected, nowMs, waveform, speakers: ids });
  }, [shown, lines, selected, nowMs, waveform, tiles, speakers, theme]);

  const at = (event: React.PointerEvent | React.WheelEvent) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  const under = (event: React.PointerEvent) => hit(shown, at(event), lines, selected);

  const onPointerDown = (event: React.PointerEvent<HTMLDivElement>) => {
    const found = under(event);
    if (found?.edge && canEdit) {
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ line: found.line, edge: found.edge });
      return;
    }
    clock.seek(msAt(shown, at(event)));
    if (found) onSelect(found.line.id);
  };
  const onPointerMove = (event: React.PointerEvent<HTMLDivElement>) => {
    if (drag) {
      setDrag({ ...drag, line: dragged(drag.line, drag.edge, msAt(shown, at(event)), talkMs) });
    } else event.currentTarget.dataset["edge"] = String(Boolean(canEdit && under(event)?.edge));
  };
  const onPointerUp = () => {
    if (drag) editor.change(drag.line.id, { startMs: drag.line.startMs, endMs: drag.line.endMs });
    setDrag(null);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowLeft: nowMs - STEP_MS,
      ArrowRight: nowMs + STEP_MS,
      Home: 0,
      End: talkMs,
    };
    const to = moves[event.key];
    if (to !== undefined) clock.seek(Math.min(talkMs, Math.max(0, to)));
    else if (event.key === " ") clock.toggle();
    else if (event.key === "+") setView(zoomed(shown, 0.5, nowMs, talkMs));
    else if (event.key === "-") setView(zoomed(shown, 2, nowMs, talkMs));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={styles.timeline}>
      <div
        className={styles.wave}
        role="slider"
        tabIndex={0}
        aria-label={t("timeline")}
        aria-valuemin={0}
        aria-valuemax={talkMs}
        aria-valuenow={nowMs}
        aria-valuetext={written(nowMs)}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setDrag(null)}
        onKeyDown={onKeyDown}
        onWheel={(event) => {
          const span = shown.toMs - shown.fromMs;
          if (event.ctrlKey) {
            setView(zoomed(shown, event.deltaY > 0 ? 1.25 : 0.8, msAt(shown, at(event)), talkMs));
          } else if (event.deltaX !== 0) {
            setView(shifted(shown, (event.deltaX / shown.widthPx) * span, talkMs));
          }
        }}
      >
        <canvas ref={canvas} className={styles.canvas} aria-hidden="true" />
      </div>
      <div className={styles.timelineTools} dir="ltr">
        <IconButton
          icon="zoomOut"
          label={t("zoomOut")}
          onClick={() => setView(zoomed(shown, 2, nowMs, talkMs))}
        />
        <IconButton
          icon="zoomIn"
          label={t("zoomIn")}
          onClick={() => setView(zoomed(shown, 0.5, nowMs, talkMs))}
        />
        <input
          type="range"
          className={styles.scroll}
          aria-label={t("scrollTime")}
          min={0}
          max={Math.max(1, talkMs - (shown.toMs - shown.fromMs))}
          value={shown.fromMs}
          onChange={(event) =>
            setView(shifted(shown, Number(event.target.value) - shown.fromMs, talkMs))
          }
        />
        <output className={styles.time}>{written(nowMs)}</output>
      </div>
    </div>
  );
}

/** The view, turned like a page when the playing or the choice leaves it. */
function useShown(
  view: View,
  setView: (view: View) => void,
  nowMs: number,
  selected: Span | null,
  talkMs: number,
): View {
  const { clock } = useWorkplace();
  const [followed, setFollowed] = useState({ nowMs: 0, id: "" });
  let shown = view;
  if (followed.nowMs !== nowMs || followed.id !== (selected?.id ?? "")) {
    setFollowed({ nowMs, id: selected?.id ?? "" });
    if (selected && followed.id !== selected.id) shown = showing(shown, selected.startMs, talkMs);
    else if (clock.isPlaying()) shown = showing(shown, nowMs, talkMs);
    if (shown !== view) setView(shown);
  }
  return shown;
}

function useWaveform(url: string | null): [Waveform | null, number] {
  const [tiles, setTiles] = useState(0);
  const [waveform, setWaveform] = useState<Waveform | null>(null);
  useEffect(() => {
    if (url === null) return;
    const made = new Waveform(url, () => setTiles((n) => n + 1));
    // A thing outside of React that begins and ends with this part of the page.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setWaveform(made);
    return () => made.close();
  }, [url]);
  return [waveform, tiles];
}

function useWidth(
  canvas: React.RefObject<HTMLCanvasElement | null>,
  setView: React.Dispatch<React.SetStateAction<View>>,
): void {
  useEffect(() => {
    if (!canvas.current) return;
    const observer = new ResizeObserver(([entry]) => {
      const widthPx = entry?.contentRect.width ?? 0;
      if (widthPx > 0) setView((view) => (view.widthPx === widthPx ? view : { ...view, widthPx }));
    });
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, [canvas, setView]);
}

/** The theme's name, because what is drawn does not change its colours by itself. */
function useTheme(): string {
  return useSyncExternalStore(
    (changed) => {
      const observer = new MutationObserver(changed);
      observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => observer.disconnect();
    },
    () => document.documentElement.dataset["theme"] ?? "",
  );
}
