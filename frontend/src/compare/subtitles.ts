import { useEffect, useMemo } from "react";
import type { Line } from "./lines";
import { inlineUrl, subtitlesOf, type Film } from "./sources";
import { vttOf } from "./vtt";

export const SUBTITLES = ["off", "dub", "original", "both"] as const;
export type Subtitles = (typeof SUBTITLES)[number];

/** Shows the subtitles that are chosen over the picture. */
export function useSubtitles(
  video: HTMLVideoElement,
  film: Film,
  language: string,
  lines: readonly Line[],
  chosen: Subtitles,
): void {
  const found = film.languages.find((each) => each.language === language);
  const file = found?.isDelivered ? subtitlesOf(found) : undefined;
  const isDub = chosen === "dub" || chosen === "both";
  const isOriginal = chosen === "original" || chosen === "both";
  const text = useMemo(() => (lines.length > 0 ? vttOf(lines) : null), [lines]);
  useTrack(video, film.sourceLanguage ?? "", isOriginal, { text });
  useTrack(video, language, isDub, { url: file ? inlineUrl(file) : null });
}

interface Told {
  /** A file of the gateway. */
  url?: string | null;
  /** A file that only this page has. */
  text?: string | null;
}

function useTrack(
  video: HTMLVideoElement,
  language: string,
  isShown: boolean,
  { url = null, text = null }: Told,
): void {
  useEffect(() => {
    if (!isShown || (url === null && text === null)) return;
    const own = text === null ? null : URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    const track = document.createElement("track");
    track.kind = "captions";
    track.srclang = language;
    track.src = own ?? url ?? "";
    video.append(track);
    track.track.mode = "showing";
    return () => {
      track.remove();
      if (own !== null) URL.revokeObjectURL(own);
    };
  }, [video, language, isShown, url, text]);
}
