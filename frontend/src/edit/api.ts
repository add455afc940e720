import {
  answer,
  type RegisteredSpeaker,
  type Script,
  type ScriptSpeaker,
  type Segment,
  type SegmentChange,
} from "polydub-client";
import { polydub } from "../api/polydub";
import type { Line } from "./lines";
import type { SpeakerPatch } from "./speakerPatch";

/** The gateway's calls about one dub's script. All throw `ApiProblem`. */
export interface ScriptApi {
  /** The whole script, with how its lines fit in a language. */
  script: (language: string) => Promise<Script>;
  change: (id: string, revision: number, change: SegmentChange) => Promise<Segment>;
  insert: (line: Line) => Promise<Segment>;
  remove: (id: string, revision: number) => Promise<void>;
  split: (id: string, revision: number, atMs: number, atCharacter: number) => Promise<Segment[]>;
  merge: (id: string, revision: number) => Promise<Segment>;
  changeSpeaker: (id: string, revision: number, change: SpeakerPatch) => Promise<ScriptSpeaker>;
  /** Keeps a speaker in the registry, as whom they are known here from then on. */
  registerSpeaker: (id: string, revision: number) => Promise<RegisteredSpeaker>;
  mergeSpeakers: (id: string, revision: number, into: string) => Promise<ScriptSpeaker>;
}

const PAGE = 2000;

export function scriptApi(dubId: string): ScriptApi {
  const path = { dub_id: dubId };
  const line = (id: string, revision: number) => ({
    path: { ...path, segment_id: id },
    header: { "if-match": `"${revision}"` },
  });
  const speaker = (id: string, revision: number) => ({
    path: { ...path, speaker_id: id },
    header: { "if-match": `"${revision}"` },
  });
  return {
    script: (language) => wholeScript(dubId, language),
    change: (id, revision, change) =>
      answer(
        polydub.http.PATCH("/v1/dubs/{dub_id}/segments/{segment_id}", {
          params: line(id, revision),
          body: change,
        }),
      ),
    insert: (added) =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/segments", {
          params: { path },
          body: {
            start_ms: added.startMs,
            end_ms: added.endMs,
            speaker_id: added.speakerId,
            text: added.text,
            translations: wordedIn(added),
          },
        }),
      ),
    remove: async (id, revision) => {
      await answer(
        polydub.http.DELETE("/v1/dubs/{dub_id}/segments/{segment_id}", {
          params: line(id, revision),
        }),
      );
    },
    split: async (id, revision, atMs, atCharacter) => {
      const made = await answer(
        polydub.http.POST("/v1/dubs/{dub_id}/segments/{segment_id}/split", {
          params: line(id, revision),
          body: { at_ms: atMs, at_character: atCharacter },
        }),
      );
      return made.segments;
    },
    merge: (id, revision) =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/segments/{segment_id}/merge", {
          params: line(id, revision),
        }),
      ),
    changeSpeaker: (id, revision, change) =>
      answer(
        polydub.http.PATCH("/v1/dubs/{dub_id}/speakers/{speaker_id}", {
          params: speaker(id, revision),
          body: change,
        }),
      ),
    registerSpeaker: (id, revision) =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/speakers/{speaker_id}/register", {
          params: speaker(id, revision),
          body: {},
        }),
      ),
    mergeSpeakers: (id, revision, into) =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/speakers/{speaker_id}/merge", {
          params: speaker(id, revision),
          body: { into },
        }),
      ),
  };
}

/** All pages of a script as one, with how its lines fit in a language. */
export async function wholeScript(
  dubId: string,
  language: string,
  signal?: AbortSignal,
): Promise<Script> {
  const page = (after: string | null) =>
    answer(
      polydub.http.GET("/v1/dubs/{dub_id}/segments", {
        params: {
          path: { dub_id: dubId },
          query: { limit: PAGE, language, ...(after !== null && { after }) },
        },
        signal: signal ?? null,
      }),
    );
  const first = await page(null);
  const segments = [...first.segments];
  let after = first.next_after;
  while (after !== null) {
    const more = await page(after);
    segments.push(...more.segments);
    after = more.next_after;
  }
  return { ...first, segments };
}

/** What a line says already; the rest is translated with the dub. */
function wordedIn(line: Line): Record<string, string> {
  const worded: Record<string, string> = {};
  for (const [tag, text] of Object.entries(line.translations)) if (text) worded[tag] = text;
  return worded;
}
