import type { Source } from "./sources";
import type { Stream } from "./stream";

/** A player that has been given something to play. */
export interface Attached {
  /** Chooses among the sounds of a stream. */
  chooseSound: (language: string) => void;
  detach: () => void;
}

/**
 * Gives a player something to play.
 *
 * @param onFailed called when it can't be played.
 */
export function attach(media: HTMLMediaElement, source: Source, onFailed: () => void): Attached {
  // Where browsers let pages build streams from pieces, all do it alike; the others have their own.
  const canBuild = "MediaSource" in window || "ManagedMediaSource" in window;
  return source.kind === "stream" && canBuild
    ? attachStream(media, source.url, onFailed)
    : attachUrl(media, source.url, onFailed);
}

function attachUrl(media: HTMLMediaElement, url: string, onFailed: () => void): Attached {
  const stop = new AbortController();
  let wanted = "";
  media.addEventListener("error", onFailed, { once: true, signal: stop.signal });
  media.addEventListener("loadedmetadata", () => chooseTrack(media, wanted), stop);
  media.src = url;
  return {
    chooseSound(language) {
      wanted = language;
      chooseTrack(media, wanted);
    },
    detach() {
      stop.abort();
      media.removeAttribute("src");
      media.load();
    },
  };
}

function attachStream(media: HTMLMediaElement, url: string, onFailed: () => void): Attached {
  let wanted = "";
  let isOver = false;
  let stream: Stream | undefined;
  import("./stream").then(
    ({ openStream }) => {
      if (isOver) return;
      stream = openStream(media, url, onFailed);
      stream.chooseSound(wanted);
    },
    () => {
      if (!isOver) onFailed();
    },
  );
  return {
    chooseSound(language) {
      wanted = language;
      stream?.chooseSound(language);
    },
    detach() {
      isOver = true;
      stream?.close();
    },
  };
}

interface SoundTrack {
  language: string;
  enabled: boolean;
}

/** Some browsers let pages choose among a file's sounds. */
function chooseTrack(media: HTMLMediaElement, language: string): void {
  const { audioTracks } = media as { audioTracks?: ArrayLike<SoundTrack> };
  const tracks = Array.from(audioTracks ?? []);
  if (!tracks.some((track) => track.language === language)) return;
  for (const track of tracks) track.enabled = track.language === language;
}
