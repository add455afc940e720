/** What a dub's files are called in people's words. Pure. */
import type { Artifact } from "polydub-client";

export type FileKey =
  | "file.video"
  | "file.sound"
  | "file.tracks"
  | "file.soundTracks"
  | "file.everyLanguage"
  | "file.burned"
  | "file.burnedBilingual"
  | "file.speech"
  | "file.background"
  | "file.subtitles"
  | "file.transcript"
  | "file.report"
  | "file.other";

/** What a file is; its format is told beside it. */
export function keyOf({ name, kind, media_type }: Artifact): FileKey {
  if (kind === "subtitles") return "file.subtitles";
  if (kind === "transcript") return "file.transcript";
  if (kind === "report") return "file.report";
  if (kind === "stem") return /\.speech\.[^.]+$/.test(name) ? "file.speech" : "file.background";
  if (/\.multitrack\.[^.]+$/.test(name)) return "file.everyLanguage";
  if (media_type.includes("matroska")) return kind === "video" ? "file.tracks" : "file.soundTracks";
  if (/burned[._-]bilingual/.test(name)) return "file.burnedBilingual";
  if (/\.burned\.[^.]+$/.test(name)) return "file.burned";
  if (kind === "video") return "file.video";
  return kind === "audio" ? "file.sound" : "file.other";
}

/** The file's format, as people know it: MP4, SRT, JSON. */
export function formatOf({ name }: Artifact): string {
  return name.split(".").at(-1)?.toUpperCase() ?? "";
}

export function isPage(file: Artifact): boolean {
  return file.media_type.startsWith("text/html");
}

const ORDER: FileKey[] = [
  "file.video", "file.sound", "file.burned", "file.burnedBilingual", "file.tracks",
  "file.soundTracks", "file.everyLanguage", "file.speech", "file.background", "file.subtitles",
  "file.transcript", "file.report", "file.other",
]; // prettier-ignore

/** What people came for first; pages to read are last. */
export function ordered(files: readonly Artifact[]): Artifact[] {
  const rank = (file: Artifact) => ORDER.indexOf(keyOf(file)) + (isPage(file) ? ORDER.length : 0);
  return files.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
