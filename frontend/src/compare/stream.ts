/** HTTP Live Streaming, for browsers that do not speak it themselves. Loaded when there is one. */
import Hls, { ErrorTypes, Events, type ErrorData } from "hls.js";

/** How often a broken line is tried again before the stream is given up. */
const TRIES = 5;
const AGAIN_AFTER_MS = 1500;
/** What lies behind the playhead is kept for so long: going back a little costs nothing. */
const KEPT_BEHIND_S = 90;

export interface Stream {
  chooseSound: (language: string) => void;
  close: () => void;
}

/** Plays a stream from its beginning, also while it grows. */
export function openStream(media: HTMLMediaElement, url: string, onFailed: () => void): Stream {
  const hls = new Hls({
    // A worker's script would come from a blob: what the content policy lets run stays in files.
    enableWorker: false,
    startPosition: 0,
    backBufferLength: KEPT_BEHIND_S,
    renderTextTracksNatively: false,
    enableWebVTT: false,
  });
  let wanted = "";
  const choose = () => {
    const found = hls.audioTracks.findIndex((track) => track.lang === wanted);
    if (found >= 0 && found !== hls.audioTrack) hls.audioTrack = found;
  };
  hls.subtitleDisplay = false;
  const stopMending = mend(hls, onFailed);
  hls.on(Events.AUDIO_TRACKS_UPDATED, choose);
  hls.loadSource(url);
  hls.attachMedia(media);
  return {
    chooseSound(language) {
      wanted = language;
      choose();
    },
    close() {
      stopMending();
      hls.destroy();
    },
  };
}

/** Takes up again what broke, some times. Returns what ends that. */
function mend(hls: Hls, onFailed: () => void): () => void {
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  hls.on(Events.FRAG_BUFFERED, () => {
    tries = 0;
  });
  hls.on(Events.ERROR, (_, data: ErrorData) => {
    if (!data.fatal) return;
    tries += 1;
    if (tries > TRIES) onFailed();
    else if (data.type === ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else timer = setTimeout(() => again(hls, data), AGAIN_AFTER_MS * tries);
  });
  return () => clearTimeout(timer);
}

/** A playlist that never came is asked for anew; anything else goes on where it was. */
function again(hls: Hls, data: ErrorData): void {
  if (hls.levels.length === 0 && hls.url) hls.loadSource(hls.url);
  else hls.startLoad(data.frag?.start ?? -1);
}
