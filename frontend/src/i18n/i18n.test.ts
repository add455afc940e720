import { expect, test } from "vitest";
import { formatIn } from "./format";
import { directionOf, firstLanguage } from "./languages";

test("what was chosen goes before what the browser asks for", () => {
  expect(firstLanguage("fr", ["de-AT"])).toBe("fr");
  expect(firstLanguage(null, ["pt-BR", "de-AT", "en"])).toBe("de");
  expect(firstLanguage("xx", ["xx"])).toBe("en");
  expect(firstLanguage(null, ["zh-Hant-TW"])).toBe("zh");
});

test("Arabic is written from the right", () => {
  expect(directionOf("ar")).toBe("rtl");
  expect(directionOf("ru")).toBe("ltr");
});

const en = formatIn("en");

test.each([
  [5, "0:05"],
  [63.4, "1:03"],
  [3661, "1:01:01"],
])("%d s read %s on a clock", (seconds, clock) => expect(en.clock(seconds)).toBe(clock));

test.each([
  [0.2, "1 sec"],
  [59, "59 sec"],
  [150, "3 min"],
  [3600, "1 hr"],
  [5400, "1 hr 30 min"],
])("%d s are a wait of %s", (seconds, span) => expect(en.span(seconds)).toBe(span));

test("sizes have a unit that people read", () => {
  expect([0, 999, 1500, 15_000_000].map(en.bytes)).toEqual(["0 byte", "999 byte", "1.5 kB", "15 MB"]);
});

test("progress does not say that all is done before it is", () => {
  expect(en.percent(0.999)).toBe("99%");
  expect(en.percent(1)).toBe("100%");
});

test("languages have names in the page's language", () => {
  expect(formatIn("es").language("fr")).toBe("Francés");
  expect(en.language("not a tag")).toBe("not a tag");
  expect(en.language("ca-valencia")).toBe("Valencian");
});

test("how long ago is told in words, long ago as a date", () => {
  const now = Date.parse("2026-01-05T12:00:00Z");
  expect(en.ago("2026-01-05T11:55:00Z", now)).toBe("5 minutes ago");
  expect(en.ago("2025-06-05T11:55:00Z", now)).toContain("2025");
});

test("in German, a dub is called by one word, and it is a short one", () => {
  const files = import.meta.glob<Record<string, string>>("./messages/de/*.json", {
    eager: true,
    import: "default",
  });
  const texts = Object.values(files).flatMap((messages) => Object.values(messages));
  expect(texts.length).toBeGreaterThan(500);
  expect(texts.filter((text) => /Fassung|Auftrag/.test(text))).toEqual([]);
});

test("in Spanish, people are addressed as one does a friend, everywhere", () => {
  const files = import.meta.glob<Record<string, string>>("./messages/es/*.json", {
    eager: true,
    import: "default",
  });
  const texts = Object.values(files).flatMap((messages) => Object.values(messages));
  const formal = /\busted(es)?\b|\b(Guarde|Elija|Revise|Pida|Ponga|Vea|Cierre|Quite|Revíselo|Elíjalo)\b|\bPóngale\b/;
  expect(texts.filter((text) => formal.test(text))).toEqual([]);
});
