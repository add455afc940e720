import type { Segment } from "polydub-client";

/** A line as the gateway tells it, for tests. */
export function segment(id: string, startMs: number, text: string, words = `es ${text}`): Segment {
  return {
    id,
    part: 0,
    start_ms: startMs,
    end_ms: startMs + 1000,
    speaker_id: "S1",
    text,
    confidence: 0.9,
    revision: 1,
    translations: { es: { text: words, origin: "machine", stale: false, candidates: [] } },
    fit: null,
  };
}
