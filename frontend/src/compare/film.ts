/** What the player is told of a dub: of one's own, or of one behind a link. */
import { answer, type Dub, type SharedDub } from "polydub-client";
import { polydub } from "../api/polydub";
import { wholeScript } from "../edit/api";
import { hasEnded, isDelivered } from "../watch/stages";
import type { LinesQuery } from "./ComparePlayer";
import { linesOfReport, linesOfScript, NO_LINES, type Lines } from "./lines";
import { inlineUrl, reportOf, type Film, type FilmLanguage } from "./sources";

const SLOWED = "slow_picture";

export function filmOfDub(dub: Dub): Film {
  return {
    filename: dub.filename,
    posterUrl: dub.thumbnail_url,
    sourceLanguage: dub.detected_language ?? (dub.source_language === "auto" ? null : dub.source_language),
    languages: dub.languages.map(({ language, artifacts, state }) => ({
      language,
      artifacts,
      isDelivered: isDelivered(state),
    })),
    originalUrl: `/v1/dubs/${dub.id}/original`,
    streamUrl: dub.hls_url,
    isSlowed: dub.fit_mode === SLOWED,
  };
}

export function filmOfShared(shared: SharedDub): Film {
  return {
    filename: shared.filename,
    posterUrl: null,
    sourceLanguage: shared.source_language,
    languages: shared.languages.map(({ language, artifacts, state }) => ({
      language,
      artifacts,
      isDelivered: isDelivered(state),
    })),
    // Only the script tells which moments of both belong together then, and it is not shown here.
    originalUrl: shared.fit_mode === SLOWED ? null : shared.original_url,
    streamUrl: shared.hls_url,
    isSlowed: false,
  };
}

/** The script of a dub, which can be read once it has ended; until then what reports tell. */
export function linesOfDub(dub: Dub): LinesQuery {
  if (!hasEnded(dub.state)) return linesOfFiles(filmOfDub(dub).languages);
  return (language) => ({
    queryKey: ["lines", dub.id, dub.revision, language],
    queryFn: async ({ signal }) => linesOfScript(await wholeScript(dub.id, language, signal), language),
  });
}

/** The lines that a language's report tells of. */
export function linesOfFiles(languages: readonly FilmLanguage[]): LinesQuery {
  return (language) => {
    const found = languages.find((each) => each.language === language);
    const report = reportOf(found, "application/json");
    return {
      queryKey: ["report-lines", report?.url],
      queryFn: ({ signal }) => (report ? reportLines(inlineUrl(report), signal) : NO_LINES),
    };
  };
}

async function reportLines(url: string, signal: AbortSignal): Promise<Lines> {
  const found = await fetch(url, { signal });
  if (!found.ok) throw new Error(`The report answered with ${found.status}.`);
  return linesOfReport(await found.json());
}

export const sharedQuery = (token: string) => ({
  queryKey: ["shared", token],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    answer(polydub.http.GET("/v1/shared/{token}", { params: { path: { token } }, signal })),
});
