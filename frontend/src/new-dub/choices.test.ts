import type { Engines, Estimate, Languages } from "polydub-client";
import { expect, test } from "vitest";
import { newItem } from "../uploads/state";
import { sumOf } from "./estimate";
import { cloningOf, isHeard, offersOf, serves, unheardSourcesOf } from "./offers";
import { keepOptions, lackOf, lastOptions, requestOf, USUAL } from "./options";

const pair = (source: string, target: string, via: string[] = []) => ({
  source,
  target,
  via,
  source_name: source,
  target_name: target,
});
const languages = {
  pairs: [pair("en", "es"), pair("en", "fr", ["es"]), pair("es", "ca"), pair("de", "fr")],
  silent_stages: [],
} as Languages;
const engine = (facts: object) => ({
  available: false,
  cloning: false,
  languages: [],
  pairs: [],
  remedy: "Set a key.",
  ...facts,
});
const engines = {
  stages: [
    {
      stage: "translation",
      engines: [
        engine({ name: "Apertium", available: true }),
        engine({ name: "DeepL", pairs: [pair("en", "ja"), pair("en", "es"), pair("fr", "ko")] }),
      ],
    },
    { stage: "tts", engines: [engine({ name: "XTTS", cloning: true })] },
  ],
} as unknown as Engines;

test("what can be dubbed from a language, and why the rest can't", () => {
  const offers = new Map(offersOf(languages, engines, "en").map((offer) => [offer.tag, offer]));
  expect(offers.get("es")).toMatchObject({ isPossible: true, via: [] });
  expect(offers.get("fr")).toMatchObject({ isPossible: true, via: ["es"] });
  expect(offers.get("ca")?.reason).toEqual({ kind: "source", sources: ["es"] });
  expect(offers.get("ja")?.reason).toMatchObject({ kind: "engine", engine: "DeepL" });
  expect(offers.has("ko")).toBe(false);
});

test("without a known source, the shortest way of any counts", () => {
  const offers = offersOf(languages, engines, "auto");
  expect(offers.find((offer) => offer.tag === "fr")).toMatchObject({ isPossible: true, via: [] });
  expect(offers.filter((offer) => offer.isPossible)).toHaveLength(3);
});

test("a language serves its regions, not the other way round", () => {
  expect(serves("pt", "pt-BR")).toBe(true);
  expect(serves("pt-BR", "pt")).toBe(false);
  expect(serves("p", "pt")).toBe(false);
});

const spoken = {
  stages: [
    {
      stage: "translation",
      engines: [engine({ available: true, pairs: [pair("ru", "uk"), pair("ru", "tlh"), pair("en", "es")] })],
    },
    { stage: "tts", engines: [engine({ available: true, languages: ["uk", "es"] })] },
  ],
} as unknown as Engines;

test("a language that nobody hears is dubbed from a transcript, where it can be spoken", () => {
  expect(unheardSourcesOf(languages, spoken)).toEqual(["ru"]);
  expect(isHeard(languages, "en-GB")).toBe(true);
  const possible = offersOf(languages, spoken, "ru").filter((offer) => offer.isPossible);
  expect(possible.map((offer) => offer.tag)).toEqual(["uk"]);
});

test("voices are imitated only where an engine can", () => {
  expect(cloningOf(engines)).toEqual({ isPossible: false, remedy: "Set a key." });
});

const ready = newItem("a", "a.mp4", { state: "ready" });

test("what is missing is told one after the other", () => {
  const targets = ["es"];
  expect(lackOf(USUAL, [])).toBe("videos");
  expect(lackOf(USUAL, [ready])).toBe("targets");
  expect(lackOf({ ...USUAL, targets }, [newItem("a", "a.mp4", {})])).toBe("uploads");
  expect(lackOf({ ...USUAL, targets, voices: "clone" }, [ready])).toBe("consent");
  const agreed = { voices: "clone" as const, hasConsent: true, consentBy: " Ada " };
  expect(lackOf({ ...USUAL, targets, ...agreed }, [ready])).toBeNull();
});

const subtitlesIn = (language: string) => {
  return { name: "a.srt", language, text: "", guessed: "", bytes: new Uint8Array() };
};

test("subtitles are of one video; one that failed does not count", () => {
  const options = { ...USUAL, targets: ["es"], subtitles: [subtitlesIn("es")] };
  expect(lackOf(options, [ready, newItem("b", "b.mp4", {})])).toBe("oneVideo");
  expect(lackOf(options, [ready, newItem("b", "b.mp4", { state: "failed" })])).toBeNull();
  expect(lackOf({ ...options, subtitles: [] }, [ready, ready])).toBeNull();
});

test("a language that is not heard needs its transcript, or every translation", () => {
  const asked = { ...USUAL, source: "ru", targets: ["es", "fr"] };
  const brought = (...tags: string[]) => ({
    ...asked,
    subtitles: tags.map(subtitlesIn),
  });
  expect(lackOf(asked, [ready], false)).toBe("transcript");
  expect(lackOf(brought("es"), [ready], false)).toBe("transcript");
  expect(lackOf(brought("es", "fr"), [ready], false)).toBeNull();
  expect(lackOf(brought("ru"), [ready], false)).toBeNull();
});

test("voices are imitated only with the consent in words", () => {
  expect(requestOf(USUAL, "vid_1", "All agree.").clone_consent).toBeNull();
  const options = { ...USUAL, voices: "clone" as const, hasConsent: true, consentBy: " Ada " };
  expect(requestOf(options, "vid_1", "All agree.").clone_consent).toEqual({
    given_by: "Ada",
    statement: "All agree.",
  });
});

test("voice-over keeps the background, which it needs", () => {
  const asked = requestOf({ ...USUAL, background: "voice_over" }, "vid_1", "");
  expect(asked).toMatchObject({ keep_background: true, voice_over: true });
  const dropped = { ...USUAL, background: "drop" as const, noiseReduction: true };
  expect(requestOf(dropped, "vid_1", "")).toMatchObject({
    keep_background: false,
    voice_over: false,
    noise_reduction: false,
  });
});

test("the last choice comes back, but never a consent", () => {
  keepOptions({ ...USUAL, targets: ["es"], voices: "clone", hasConsent: true, consentBy: "Ada" });
  expect(lastOptions()).toEqual({ ...USUAL, targets: ["es"] });
});

test.each(["nonsense", '{"targets": 3, "fitMode": "odd"}', '{"extras": ["odd"]}'])(
  "%s is no choice of ours",
  (text) => expect(lastOptions(text)).toEqual(USUAL),
);

test("estimates add up as far as they are known", () => {
  const known = { seconds: 60, seconds_at_most: 90, cost: 0.5, currency: "EUR" } as Estimate;
  expect(sumOf([known, known])).toEqual({
    seconds: 120,
    secondsAtMost: 180,
    cost: 1,
    currency: "EUR",
  });
  expect(sumOf([known, { ...known, cost: null }])?.cost).toBeNull();
  expect(sumOf([])).toBeNull();
});
