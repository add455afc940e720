import type { Dub } from "polydub-client";
import { useMemo, useState } from "react";
import type { Ear } from "../design/EarSwitch";

/** Which of both is heard in the editor. */
export interface Hearing {
  ear: Ear;
  /** The file's address; null: there is none. */
  url: string | null;
  /** The browser can't play the original. */
  isMissing: boolean;
  listenTo: (ear: Ear) => void;
  /** The file that is heard can't be played. */
  failed: () => void;
}

export function useHearing(dub: Dub, language: string): Hearing {
  const [ear, listenTo] = useState<Ear>("dub");
  const [isMissing, setMissing] = useState(false);
  const dubbed = useMemo(() => playableOf(dub, language), [dub, language]);
  const failed = () => {
    if (ear !== "original") return;
    setMissing(true);
    listenTo("dub");
  };
  const url = ear === "original" ? `/v1/dubs/${dub.id}/original` : dubbed;
  return { ear, url, isMissing, listenTo, failed };
}

/** The smallest file in which the language is heard. */
function playableOf(dub: Dub, language: string): string | null {
  const files = dub.languages.find((each) => each.language === language)?.artifacts ?? [];
  const playable = files
    .filter((file) => /^(video|audio)\/mp4/.test(file.media_type))
    .toSorted((a, b) => a.size_bytes - b.size_bytes);
  return playable[0] ? `${playable[0].url}?inline=true` : null;
}
