import type { DubRequest } from "polydub-client";
import type { Item } from "../uploads/state";
import type { ReadText } from "./reading";

export const FIT_MODES = ["balanced", "strict", "natural", "slow_picture"] as const;
export const EXTRAS = ["mkv", "multitrack", "stems", "burned", "burned_bilingual", "hls"] as const;
export const VOICES = ["match", "plain", "clone"] as const;
/** What stays of the original sound. */
export const BACKGROUNDS = ["keep", "voice_over", "drop"] as const;
export const MAX_SPEAKERS = 20;

export type Extra = (typeof EXTRAS)[number];

/** A file of subtitles that somebody brings. */
export interface OwnSubtitles extends ReadText {
  name: string;
  /** Empty: not said yet. */
  language: string;
  bytes: Uint8Array;
}

/** What somebody has chosen for a dub. */
export interface Options {
  source: string;
  targets: string[];
  fitMode: (typeof FIT_MODES)[number];
  voices: (typeof VOICES)[number];
  consentBy: string;
  hasConsent: boolean;
  background: (typeof BACKGROUNDS)[number];
  noiseReduction: boolean;
  lipsync: boolean;
  speakers: number;
  extras: Extra[];
  glossaryIds: string[];
  subtitles: OwnSubtitles[];
}

export const USUAL: Options = {
  source: "auto",
  targets: [],
  fitMode: "balanced",
  voices: "match",
  consentBy: "",
  hasConsent: false,
  background: "keep",
  noiseReduction: false,
  lipsync: false,
  speakers: 0,
  extras: [],
  glossaryIds: [],
  subtitles: [],
};

/** Why a dub can't be started yet; null: it can. */
export type Lack =
  | "videos"
  | "uploads"
  | "targets"
  | "consent"
  | "subtitles"
  | "oneVideo"
  | "transcript"
  | null;

/** @param isHeard whether some engine here hears the spoken language. */
export function lackOf(options: Options, items: readonly Item[], isHeard = true): Lack {
  if (items.length === 0) return "videos";
  if (options.targets.length === 0) return "targets";
  if (options.voices === "clone" && !(options.hasConsent && options.consentBy.trim())) {
    return "consent";
  }
  if (options.subtitles.some((file) => !file.language)) return "subtitles";
  if (areForSeveral(options, items)) return "oneVideo";
  if (!isHeard && !canDoWithoutHearing(options)) return "transcript";
  return items.some((item) => item.state === "ready") ? null : "uploads";
}

/** Subtitles belong to one video, and nothing tells which of several it is. */
export function areForSeveral({ subtitles }: Options, items: readonly Item[]): boolean {
  return subtitles.length > 0 && items.filter((item) => item.state !== "failed").length > 1;
}

/** With the transcript, or with a translation for every language. */
function canDoWithoutHearing({ source, targets, subtitles }: Options): boolean {
  const brought = new Set(subtitles.map((file) => file.language));
  return brought.has(source) || targets.every((target) => brought.has(target));
}

/** The request that says the same. */
export function requestOf(options: Options, videoId: string, statement: string): DubRequest {
  const isCloned = options.voices === "clone";
  return {
    video_id: videoId,
    source_language: options.source,
    target_languages: options.targets,
    speakers: options.speakers,
    fit_mode: options.fitMode,
    match_voices: options.voices !== "plain",
    clone_consent: isCloned ? { given_by: options.consentBy.trim(), statement } : null,
    keep_background: options.background !== "drop",
    voice_over: options.background === "voice_over",
    noise_reduction: options.noiseReduction && options.background !== "drop",
    lipsync: options.lipsync,
    extras: options.extras,
    glossary_ids: options.glossaryIds,
    subtitles: options.subtitles.map(({ language, text }) => ({ language, text })),
  };
}

const KEPT_AS = "polydub.options";

/** What was chosen last; never a consent, which is given for one video at a time. */
export function lastOptions(text = localStorage.getItem(KEPT_AS)): Options {
  try {
    const kept = JSON.parse(text ?? "{}") as Partial<Options>;
    const { source, targets, fitMode, background, noiseReduction, extras } = kept;
    return {
      ...USUAL,
      ...(typeof source === "string" && { source }),
      ...(Array.isArray(targets) && { targets: targets.filter((tag) => typeof tag === "string") }),
      ...(fitMode && FIT_MODES.includes(fitMode) && { fitMode }),
      ...(background && BACKGROUNDS.includes(background) && { background }),
      ...(typeof noiseReduction === "boolean" && { noiseReduction }),
      ...(Array.isArray(extras) && { extras: extras.filter((each) => EXTRAS.includes(each)) }),
    };
  } catch {
    return USUAL;
  }
}

export function keepOptions(options: Options): void {
  const { source, targets, fitMode, background, noiseReduction, extras } = options;
  const kept = { source, targets, fitMode, background, noiseReduction, extras };
  localStorage.setItem(KEPT_AS, JSON.stringify(kept));
}
