import type { Engine, Engines, LanguagePair, Languages } from "polydub-client";

export const AUTO = "auto";

/** A language that may be dubbed into, and why not where it can't. */
export interface Offer {
  tag: string;
  isPossible: boolean;
  /** Languages that the translation goes through. */
  via: string[];
  reason: Reason | null;
}

export type Reason =
  /** Another spoken language could be dubbed into it. */
  | { kind: "source"; sources: string[] }
  /** An engine could that lacks something here. */
  | { kind: "engine"; engine: string; remedy: string }
  | { kind: "unknown" };

/** The languages that can be heard here, as far as pairs are known. */
export function sourcesOf(languages: Languages): string[] {
  return [...new Set(languages.pairs.map((pair) => pair.source))];
}

export function isHeard(languages: Languages, source: string): boolean {
  return source === AUTO || sourcesOf(languages).some((heard) => serves(heard, source));
}

/** Languages that can be dubbed from here as soon as somebody brings their transcript. */
export function unheardSourcesOf(languages: Languages, engines: Engines): string[] {
  const sources = pairsWithTranscript(engines).map((pair) => pair.source);
  return [...new Set(sources)].filter((source) => !isHeard(languages, source));
}

/** What is translated here and spoken here, whether it can be heard or not. */
function pairsWithTranscript(engines: Engines): Engine["pairs"] {
  const voices = ableOf(engines, "tts").flatMap((engine) => engine.languages);
  return ableOf(engines, "translation")
    .flatMap((engine) => engine.pairs)
    .filter((pair) => voices.some((voice) => serves(voice, pair.target)));
}

function ableOf(engines: Engines, stage: string): Engine[] {
  const found = engines.stages.find((each) => each.stage === stage);
  return (found?.engines ?? []).filter((engine) => engine.available);
}

/** What can be dubbed from a source (or from any, for `auto`), and what could be otherwise. */
export function offersOf(languages: Languages, engines: Engines, source: string): Offer[] {
  const offers = new Map<string, Offer>();
  const pairs: Engine["pairs"] = isHeard(languages, source)
    ? languages.pairs
    : pairsWithTranscript(engines);
  for (const pair of pairs) {
    if (source !== AUTO && !serves(pair.source, source)) continue;
    const known = offers.get(pair.target);
    if (known && known.via.length <= pair.via.length) continue;
    offers.set(pair.target, { tag: pair.target, isPossible: true, via: pair.via, reason: null });
  }
  for (const pair of languages.pairs) {
    if (offers.has(pair.target)) continue;
    const reason: Reason = { kind: "source", sources: sourcesOfTarget(languages.pairs, pair.target) };
    offers.set(pair.target, { tag: pair.target, isPossible: false, via: [], reason });
  }
  for (const [tag, engine] of missing(engines, source)) {
    if (offers.has(tag)) continue;
    const reason: Reason = { kind: "engine", engine: engine.name, remedy: engine.remedy };
    offers.set(tag, { tag, isPossible: false, via: [], reason });
  }
  return [...offers.values()];
}

/** Whether an engine for one tag does for another: `pt` for `pt-BR`. */
export function serves(offered: string, wanted: string): boolean {
  return offered === wanted || wanted.startsWith(`${offered}-`);
}

function sourcesOfTarget(pairs: readonly LanguagePair[], target: string): string[] {
  return pairs.filter((pair) => pair.target === target).map((pair) => pair.source);
}

/** Languages that only engines do which can't work here. */
function missing(engines: Engines, source: string): Map<string, Engine> {
  const found = new Map<string, Engine>();
  const stage = engines.stages.find((each) => each.stage === "translation");
  for (const engine of stage?.engines ?? []) {
    if (engine.available) continue;
    const pairs = engine.pairs.filter((pair) => source === AUTO || serves(pair.source, source));
    for (const tag of [...pairs.map((pair) => pair.target), ...engine.languages]) {
      if (!found.has(tag)) found.set(tag, engine);
    }
  }
  return found;
}

/** Whether some voice engine here can imitate a voice, or why none can. */
export function cloningOf(engines: Engines): { isPossible: boolean; remedy: string } {
  const stage = engines.stages.find((each) => each.stage === "tts");
  return abilityOf((stage?.engines ?? []).filter((engine) => engine.cloning));
}

export function lipsyncOf(engines: Engines): { isPossible: boolean; remedy: string } {
  return abilityOf(engines.stages.find((each) => each.stage === "lipsync")?.engines ?? []);
}

function abilityOf(able: readonly Engine[]): { isPossible: boolean; remedy: string } {
  return {
    isPossible: able.some((engine) => engine.available),
    remedy: [...new Set(able.map((engine) => engine.remedy).filter(Boolean))].join(" "),
  };
}
