import { answer, type Suggestion } from "polydub-client";
import { createContext, use, useCallback, useEffect, useRef, useState } from "react";
import { polydub } from "../api/polydub";

interface Wanted {
  dubId: string;
  lineId: string;
  language: string;
  text?: string | undefined;
  voiceId?: string | undefined;
}

export interface Preview {
  state: "idle" | "loading" | "playing";
  /** What it is about. */
  lineId: string | null;
  /** How long it is; null: not heard yet. */
  durationMs: number | null;
  problem: unknown;
  hear: (wanted: Wanted) => void;
  stop: () => void;
}

const SILENT: Omit<Preview, "hear" | "stop"> = {
  state: "idle",
  lineId: null,
  durationMs: null,
  problem: null,
};

/** Speaks a line and plays it at once; asked for again or stopped, the one before is given up. */
export function useNewPreview(): Preview {
  const [told, setTold] = useState(SILENT);
  const running = useRef<{ stop: AbortController; sound: HTMLAudioElement | null } | null>(null);

  const giveUp = useCallback(() => {
    running.current?.stop.abort();
    running.current?.sound?.pause();
    running.current = null;
  }, []);
  useEffect(() => giveUp, [giveUp]);

  const hear = async (wanted: Wanted) => {
    giveUp();
    const mine = { stop: new AbortController(), sound: null as HTMLAudioElement | null };
    running.current = mine;
    setTold({ ...SILENT, state: "loading", lineId: wanted.lineId });
    try {
      const spoken = await speak(wanted, mine.stop.signal);
      if (mine.stop.signal.aborted) return;
      const address = URL.createObjectURL(spoken.wav);
      mine.sound = new Audio(address);
      mine.sound.onended = mine.sound.onpause = () => {
        URL.revokeObjectURL(address);
        setTold((now) => ({ ...now, state: "idle" }));
      };
      setTold((now) => ({ ...now, state: "playing", durationMs: spoken.durationMs }));
      await mine.sound.play();
    } catch (problem) {
      if (mine.stop.signal.aborted) return;
      setTold({ ...SILENT, lineId: wanted.lineId, problem });
    }
  };
  const stop = () => {
    giveUp();
    setTold((now) => ({ ...now, state: "idle" }));
  };
  return { ...told, hear: (wanted) => void hear(wanted), stop };
}

export const PreviewContext = createContext<Preview | null>(null);

/** The one that all parts of the editor share: two never sound at once. */
export function usePreview(): Preview {
  const preview = use(PreviewContext);
  if (!preview) throw new Error("This stands outside of an editor.");
  return preview;
}

async function speak({ dubId, lineId, language, text, voiceId }: Wanted, signal: AbortSignal) {
  const call = polydub.http.POST("/v1/dubs/{dub_id}/segments/{segment_id}/preview", {
    params: { path: { dub_id: dubId, segment_id: lineId } },
    body: {
      language,
      ...(text !== undefined && { text }),
      ...(voiceId !== undefined && { voice_id: voiceId }),
    },
    parseAs: "blob",
    signal,
  });
  const wav: Blob = await answer(call as Promise<{ data?: Blob; error?: unknown; response: Response }>);
  const { response } = await call;
  return { wav, durationMs: Number(response.headers.get("X-Duration-Ms")) || null };
}

export interface Suggesting {
  found: readonly Suggestion[] | null;
  isPending: boolean;
  problem: unknown;
  ask: (ratio: number) => void;
  close: () => void;
}

/** Other wordings of a line, shorter below a ratio of 1, longer above. */
export function useSuggestions(dubId: string, lineId: string, language: string): Suggesting {
  const [told, setTold] = useState<Omit<Suggesting, "ask" | "close">>(NONE);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const ask = async (ratio: number) => {
    stop.current?.abort();
    const mine = new AbortController();
    stop.current = mine;
    setTold({ ...NONE, isPending: true });
    try {
      const { suggestions } = await answer(
        polydub.http.POST("/v1/dubs/{dub_id}/segments/{segment_id}/suggestions", {
          params: { path: { dub_id: dubId, segment_id: lineId } },
          body: { language, ratio },
          signal: mine.signal,
        }),
      );
      setTold({ ...NONE, found: suggestions });
    } catch (problem) {
      if (!mine.signal.aborted) setTold({ ...NONE, problem });
    }
  };
  const close = () => {
    stop.current?.abort();
    setTold(NONE);
  };
  return { ...told, ask: (ratio) => void ask(ratio), close };
}

const NONE = { found: null, isPending: false, problem: null };
