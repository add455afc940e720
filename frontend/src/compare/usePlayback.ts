import { useEffect, useState, useSyncExternalStore, type RefObject } from "react";
import { polydub } from "../api/polydub";
import { uploadedTime, type Line } from "./lines";
import { Playback, type Shown } from "./playback";
import { dubSource, originalSources, type Film } from "./sources";

/** Asks anything of the gateway: an expired session is renewed by that. */
const renew = () => polydub.http.GET("/v1/auth/me");

/**
 * A player for as long as a component stands. `root` tells, for tests, how far its two clocks
 * differ and which of both is heard.
 */
export function usePlayback(root: RefObject<HTMLElement | null>): [Playback, Shown] {
  const [playback] = useState(() => new Playback(renew));
  useEffect(() => {
    const stop = playback.run((differenceS) => {
      const told = differenceS === null ? "" : String(Math.round(differenceS * 1000));
      if (!root.current) return;
      root.current.dataset["clockDifferenceMs"] = told;
      root.current.dataset["heard"] = playback.pair.heard;
    });
    return () => {
      stop();
      playback.close();
    };
  }, [playback, root]);
  return [playback, useSyncExternalStore(playback.subscribe, playback.shown)];
}

/** Gives the player what it plays, and what comes in its place later. */
export function useFilm(playback: Playback, film: Film, language: string, lines: Line[]): void {
  const { posterUrl, originalUrl, streamUrl, isSlowed } = film;
  const { kind, url } = dubSource(film, language) ?? {};
  useEffect(() => {
    if (kind && url) playback.showDub({ kind, url }, language);
  }, [playback, kind, url, language]);
  useEffect(() => {
    if (posterUrl) playback.video.setAttribute("poster", posterUrl);
    else playback.video.removeAttribute("poster");
  }, [playback, posterUrl]);
  useEffect(() => {
    playback.showOriginal(originalSources(originalUrl, streamUrl));
  }, [playback, originalUrl, streamUrl]);
  useEffect(() => {
    playback.setPlaces(isSlowed ? uploadedTime(lines) : (dubS) => dubS);
  }, [playback, isSlowed, lines]);
}
