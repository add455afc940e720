/** Where what is played comes from. Pure. */
import type { Artifact } from "polydub-client";

export interface Source {
  kind: "file" | "stream";
  url: string;
}

export interface FilmLanguage {
  language: string;
  artifacts: readonly Artifact[];
  /** Whether its files are whole; before that it may be in the stream. */
  isDelivered: boolean;
}

/** A dub as the player needs it, whoever looks. */
export interface Film {
  filename: string;
  /** A frame of it, to be seen before it is played; null: there is none. */
  posterUrl: string | null;
  sourceLanguage: string | null;
  languages: readonly FilmLanguage[];
  /** Null: the original can't be put beside it. */
  originalUrl: string | null;
  /** The live stream; null: there is none, or nothing of it yet. */
  streamUrl: string | null;
  /** Whether moments of the dub may be others than the original's. */
  isSlowed: boolean;
}

/** The languages that can be played now. */
export function playableLanguages(film: Film): string[] {
  return film.languages
    .filter((each) => mediaOf(each) !== undefined || film.streamUrl !== null)
    .map((each) => each.language);
}

/** What to play of a language: its file, or the stream while there is none. */
export function dubSource(film: Film, language: string): Source | null {
  const found = film.languages.find((each) => each.language === language);
  const media = found && mediaOf(found);
  if (media) return { kind: "file", url: inlineUrl(media) };
  return film.streamUrl === null ? null : { kind: "stream", url: film.streamUrl };
}

/**
 * The original, best first. The stream's sound is small and every browser plays it; the upload may
 * be large, and of any format.
 */
export function originalSources(originalUrl: string | null, streamUrl: string | null): Source[] {
  if (originalUrl === null) return [];
  const file: Source = { kind: "file", url: originalUrl };
  if (streamUrl === null) return [file];
  const sound = streamUrl.replace(/master\.m3u8$/, "original.m3u8");
  return [{ kind: "stream", url: sound }, file];
}

/** The dub itself. Other pictures of it, as with burned-in subtitles, have a longer name. */
export function mediaOf({ artifacts, isDelivered }: FilmLanguage): Artifact | undefined {
  const playable = artifacts.filter((file) => /^(video|audio)\/mp4/.test(file.media_type));
  return isDelivered ? playable.toSorted((a, b) => a.name.length - b.name.length)[0] : undefined;
}

export function isSoundOnly(film: Film): boolean {
  const media = film.languages.flatMap((each) => mediaOf(each) ?? []);
  return media.length > 0 && media.every((file) => file.media_type.startsWith("audio/"));
}

export function subtitlesOf(language: FilmLanguage | undefined): Artifact | undefined {
  return language?.artifacts.find((file) => file.media_type.startsWith("text/vtt"));
}

export function reportOf(language: FilmLanguage | undefined, mediaType: string): Artifact | undefined {
  return language?.artifacts.find(
    (file) => file.kind === "report" && file.media_type.startsWith(mediaType),
  );
}

export function inlineUrl(file: Artifact): string {
  return `${file.url}?inline=true`;
}
