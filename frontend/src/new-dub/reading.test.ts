import { expect, test } from "vitest";
import { languageNamed, textOf } from "./reading";

const UTF_8 = new TextEncoder().encode("¿Qué?");

test("UTF-8 is read as it is, with its mark or without", () => {
  expect(textOf(UTF_8, "es")).toEqual({ text: "¿Qué?", guessed: "" });
  expect(textOf(new Uint8Array([0xef, 0xbb, 0xbf, ...UTF_8]), "").text).toBe("¿Qué?");
});

test("a mark of byte order tells UTF-16", () => {
  const read = { text: "ñ1", guessed: "" };
  expect(textOf(new Uint8Array([0xff, 0xfe, 0xf1, 0, 0x31, 0]), "")).toEqual(read);
  expect(textOf(new Uint8Array([0xfe, 0xff, 0, 0xf1, 0, 0x31]), "")).toEqual(read);
});

test("anything else is read in the old encoding of its language, which is said", () => {
  const spanish = new Uint8Array([0xbf, 0x51, 0x75, 0xe9, 0x3f]);
  for (const language of ["", "es", "es-MX"]) {
    expect(textOf(spanish, language)).toEqual({ text: "¿Qué?", guessed: "windows-1252" });
  }
  const russian = new Uint8Array([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
  expect(textOf(russian, "ru")).toEqual({ text: "Привет", guessed: "windows-1251" });
});

test.each([
  ["talk.en.srt", "en"],
  ["talk.EN.srt", "en"],
  ["talk.pt-br.vtt", "pt-BR"],
  ["talk.es-MX.srt", "es"],
  ["talk.fr.srt", ""],
  ["talk.srt", ""],
])("%s is in %o", (name, language) => expect(languageNamed(name, ["en", "es", "pt-BR"])).toBe(language));
