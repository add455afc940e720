import { useQuery, type UseQueryOptions } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "../design/classes";
import { Icon } from "../design/Icon";
import { Note } from "../design/parts";
import styles from "./Compare.module.css";
import { Controls } from "./Controls";
import { CurrentLine } from "./CurrentLine";
import { KeyHelp } from "./KeyHelp";
import { useCommands } from "./commands";
import { useFullscreen } from "./fullscreen";
import { lineAt, NO_LINES, type Line, type Lines } from "./lines";
import { isSoundOnly, playableLanguages, type Film } from "./sources";
import { SUBTITLES, useSubtitles, type Subtitles } from "./subtitles";
import { Timeline } from "./Timeline";
import { useFilm, usePlayback } from "./usePlayback";

export type LinesQuery = (
  language: string,
) => Pick<UseQueryOptions<Lines>, "queryKey" | "queryFn">;

export interface About {
  language: string;
  lines: readonly Line[];
  /** Moves the player to a line. */
  onLine: (line: Line) => void;
}

interface ComparePlayerProps {
  film: Film;
  linesQuery: LinesQuery;
  /** What is told of the language that is chosen, below the player. */
  about?: (told: About) => ReactNode;
}

/** A dub and its original at one playhead, with what is said in both. */
export function ComparePlayer({ film, linesQuery, about }: ComparePlayerProps) {
  const { t } = useTranslation("compare");
  const root = useRef<HTMLElement>(null);
  const [chosen, setChosen] = useState("");
  const [subtitles, setSubtitles] = useState<Subtitles>("dub");
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [pointed, setPointed] = useState<number | null>(null);
  const [playback, shown] = usePlayback(root);
  const [isFull, toggleFull] = useFullscreen(playback.video);

  const languages = playableLanguages(film);
  const language = languages.includes(chosen) ? chosen : (languages[0] ?? "");
  const { data: known = NO_LINES } = useQuery(linesQuery(language));
  const { lines } = known;
  const current = lineAt(lines, shown.timeS, shown.ear === "dub" ? "dubbed" : "original");
  useFilm(playback, film, language, lines);
  useSubtitles(playback.video, film, language, lines, subtitles);
  useCommands(playback, lines, current, {
    toggleFull,
    nextSubtitles: () => setSubtitles(nextOf),
    toggleHelp: () => setHelpOpen((isOpen) => !isOpen),
  });
  const onLine = useCallback((line: Line) => playback.moveToLine(line), [playback]);

  return (
    <>
      <section
        ref={root}
        className={classes(styles.player, isFull && styles.full)}
        aria-label={t("player")}
        data-compare=""
      >
        <Screen
          video={playback.video}
          isSoundOnly={isSoundOnly(film) || !shown.hasPicture}
          isPlaying={shown.isPlaying}
          isWaiting={shown.isWaiting}
          onToggle={() => playback.toggle()}
        />
        {shown.hasFailed && <Note tone="bad" title={t("failed")} />}
        <Controls
          playback={playback}
          shown={shown}
          film={film}
          languages={languages}
          language={language}
          onLanguage={setChosen}
          subtitles={subtitles}
          onSubtitles={setSubtitles}
          isFull={isFull}
          onFull={toggleFull}
          onHelp={() => setHelpOpen(true)}
        />
        {shown.original === "missing" && <p className={styles.hint}>{t("originalMissing")}</p>}
        {lines.length > 0 && (
          <>
            <Timeline
              known={known}
              playback={playback}
              durationS={shown.durationS}
              isPlaying={shown.isPlaying}
              timeS={shown.timeS}
              current={current}
              onLine={onLine}
              onPoint={setPointed}
            />
            <CurrentLine
              known={known}
              number={pointed ?? current}
              sourceLanguage={film.sourceLanguage ?? ""}
              language={language}
            />
          </>
        )}
      </section>
      {about?.({ language, lines, onLine })}
      <KeyHelp isOpen={isHelpOpen} onOpen={setHelpOpen} />
    </>
  );
}

const nextOf = (now: Subtitles) => SUBTITLES[(SUBTITLES.indexOf(now) + 1) % SUBTITLES.length] ?? "off";

interface ScreenProps {
  video: HTMLVideoElement;
  isSoundOnly: boolean;
  isPlaying: boolean;
  isWaiting: boolean;
  onToggle: () => void;
}

/** The picture; pressing it plays and pauses. */
function Screen({ video, isSoundOnly, isPlaying, isWaiting, onToggle }: ScreenProps) {
  const { t } = useTranslation("compare");
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.prepend(video);
    return () => video.remove();
  }, [video]);
  return (
    <div ref={box} className={styles.screen} data-sound-only={isSoundOnly}>
      <button
        type="button"
        className={styles.curtain}
        aria-label={isPlaying ? t("pause") : t("play")}
        onClick={onToggle}
        tabIndex={-1}
      >
        {isWaiting && <span className={styles.wait} />}
        {!isPlaying && (
          <span className={styles.bigPlay}>
            <Icon name="play" size={36} />
          </span>
        )}
      </button>
    </div>
  );
}
