import type { Speaker } from "./history";

/** What the gateway is told of a speaker; what is left out stays as it is. */
export interface SpeakerPatch {
  name?: string;
  /** Null: the voice that is cast. */
  voices?: Record<string, string | null>;
  /** Null: nobody of the registered speakers. */
  registered_id?: string | null;
}

/**
 * What changes a speaker, as the gateway has them, in the way that makes `after` of `before`; all
 * of `after` is meant where both are the same. Null: the gateway has them so already.
 *
 * @param languages those that the dub is made in.
 */
export function patchOf(
  before: Speaker,
  after: Speaker,
  known: Speaker,
  languages: readonly string[],
): SpeakerPatch | null {
  const isWhole = before === after;
  const isLinked =
    (isWhole || before.registered_id !== after.registered_id) &&
    known.registered_id !== after.registered_id;
  // A link brings a name and voices with it, unless others are told: here those of the time.
  const isBrought = isLinked && after.registered_id !== null;
  const voices: Record<string, string | null> = {};
  const tags = Object.keys({ ...before.voices, ...after.voices, ...known.voices });
  for (const tag of new Set([...tags, ...(isBrought ? languages : [])])) {
    const isMeant = isWhole || voiceOf(before, tag) !== voiceOf(after, tag);
    const wanted = voiceOf(isMeant ? after : known, tag);
    if (isBrought || wanted !== voiceOf(known, tag)) voices[tag] = wanted;
  }
  const name = isWhole || before.name !== after.name ? after.name : known.name;
  const patch = {
    ...((isBrought || name !== known.name) && { name }),
    ...(Object.keys(voices).length > 0 && { voices }),
    ...(isLinked && { registered_id: after.registered_id }),
  };
  return Object.keys(patch).length > 0 ? patch : null;
}

function voiceOf(speaker: Speaker, tag: string): string | null {
  return speaker.voices[tag] ?? null;
}
