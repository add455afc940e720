import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { speakerColour } from "../design/speakers";
import { useFormat } from "../i18n/format";
import styles from "./Timeline.module.css";
import type { Line, Lines } from "./lines";
import type { Playback } from "./playback";
import { blocksOf, inView, scaleOf, scrollFor, type Block } from "./timeline";

interface TimelineProps {
  known: Lines;
  playback: Playback;
  durationS: number;
  isPlaying: boolean;
  timeS: number;
  /** The line that is heard; -1: none yet. */
  current: number;
  onLine: (line: Line) => void;
  /** Which line is pointed at; null: none. */
  onPoint: (number: number | null) => void;
}

interface View {
  leftPx: number;
  widthPx: number;
}

/** Who speaks when, in the original and in the dub. */
export function Timeline(props: TimelineProps) {
  const { known, playback, durationS, current, onLine, onPoint } = props;
  const { t } = useTranslation("compare");
  const format = useFormat();
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const view = useView(scroller);
  const scale = scaleOf(durationS, view.widthPx);
  useHead(scroller, head, scale, props);
  const [fromS, toS] = [view.leftPx / scale, (view.leftPx + view.widthPx) / scale];
  const line = known.lines[current];
  const count = known.lines.length;

  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const chosen = known.lines[Math.min(count - 1, Math.max(0, to))];
    if (chosen) onLine(chosen);
  };
  const onClick = (event: MouseEvent<HTMLElement>) => {
    const chosen = known.lines[numberAt(event.target) ?? -1];
    if (chosen) return onLine(chosen);
    const left = event.currentTarget.getBoundingClientRect().left;
    playback.moveTo((event.clientX - left) / scale);
  };

  return (
    <div className={styles.timeline} dir="ltr">
      <div className={styles.names} aria-hidden="true">
        <span>{t("original")}</span>
        <span>{t("dub")}</span>
      </div>
      <div ref={scroller} className={styles.scroller}>
        <div
          className={styles.lanes}
          style={{ width: `${Math.max(view.widthPx, durationS * scale)}px` }}
          role="slider"
          tabIndex={0}
          aria-label={t("lines")}
          aria-valuemin={1}
          aria-valuemax={count}
          aria-valuenow={Math.max(1, current + 1)}
          aria-valuetext={t("lineOf", {
            number: current + 1,
            count,
            time: format.clock(line?.original.startS ?? 0),
            text: line ? line.text || line.sourceText : "",
          })}
          onKeyDown={onKeyDown}
          onClick={onClick}
          onPointerOver={(event) => onPoint(numberAt(event.target))}
          onPointerLeave={() => onPoint(null)}
        >
          <Lane known={known} ear="original" scale={scale} fromS={fromS} toS={toS} current={current} />
          <Lane known={known} ear="dubbed" scale={scale} fromS={fromS} toS={toS} current={current} />
          <div ref={head} className={styles.head} />
        </div>
      </div>
    </div>
  );
}

interface LaneProps {
  known: Lines;
  ear: "original" | "dubbed";
  scale: number;
  fromS: number;
  toS: number;
  current: number;
}

const Lane = memo(function Lane({ known, ear, scale, fromS, toS, current }: LaneProps) {
  const blocks = useMemo(() => blocksOf(known.lines, known.speakers, ear), [known, ear]);
  return (
    <div className={styles.lane} data-ear={ear}>
      {inView(blocks, fromS, toS).map((block) => (
        <Bar key={block.id} block={block} scale={scale} isCurrent={block.number === current} />
      ))}
    </div>
  );
});

function Bar({ block, scale, isCurrent }: { block: Block; scale: number; isCurrent: boolean }) {
  const { startS, endS } = block;
  return (
    <div
      className={styles.block}
      data-line={block.number}
      data-row={block.row}
      data-flagged={block.isFlagged}
      data-current={isCurrent}
      style={{
        ...speakerColour(block.colour),
        left: `${startS * scale}px`,
        width: `${Math.max(3, (endS - startS) * scale - 1)}px`,
      }}
    />
  );
}

function numberAt(target: EventTarget): number | null {
  const block = target instanceof Element ? target.closest("[data-line]") : null;
  const number = block?.getAttribute("data-line");
  return number === null || number === undefined ? null : Number(number);
}

/** What of the timeline is in view; told anew when it is scrolled by a good part of itself. */
function useView(scroller: React.RefObject<HTMLDivElement | null>): View {
  const [view, setView] = useState<View>({ leftPx: 0, widthPx: 800 });
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const look = () => {
      const widthPx = box.clientWidth;
      const leftPx = Math.floor(box.scrollLeft / 200) * 200;
      setView((now) => (now.leftPx === leftPx && now.widthPx === widthPx ? now : { leftPx, widthPx }));
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [scroller]);
  return view;
}

/** Moves the playhead with the picture, and the view with the playhead while it plays. */
function useHead(
  scroller: React.RefObject<HTMLDivElement | null>,
  head: React.RefObject<HTMLDivElement | null>,
  scale: number,
  { playback, isPlaying, timeS }: TimelineProps,
): void {
  // While it stands, each move draws it anew.
  const standsAtS = isPlaying ? 0 : timeS;
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      const atPx = playback.video.currentTime * scale;
      if (head.current) head.current.style.transform = `translateX(${atPx}px)`;
      const box = scroller.current;
      const to = box && scrollFor(atPx, box.scrollLeft, box.clientWidth);
      if (box && to !== null) box.scrollLeft = to;
      if (isPlaying) frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [playback, scale, isPlaying, scroller, head, standsAtS]);
}
