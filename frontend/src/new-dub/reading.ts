/** Files of subtitles as text. Pure. */

export interface ReadText {
  text: string;
  /** The old encoding that it was taken to be in; empty: the file itself told. */
  guessed: string;
}

/** The old encodings that subtitles of a language come in, by its first subtag. */
const OLD_ENCODINGS: Readonly<Record<string, string>> = {
  ...all("windows-1250", "bs cs hr hu pl ro sk sl sq"),
  ...all("windows-1251", "be bg kk mk ru sr uk"),
  ...all("windows-1253", "el"),
  ...all("windows-1254", "az tr"),
  ...all("windows-1255", "he"),
  ...all("windows-1256", "ar fa ur"),
  ...all("windows-1257", "et lt lv"),
  ...all("gb18030", "zh"),
  ...all("shift_jis", "ja"),
  ...all("euc-kr", "ko"),
};
const ELSEWHERE = "windows-1252";

/** @param language what the text is in, as far as it is known; empty: not known. */
export function textOf(bytes: Uint8Array, language: string): ReadText {
  const utf16 = markOf(bytes);
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), guessed: "" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), guessed: "" };
  } catch {
    const guessed = OLD_ENCODINGS[language.split("-")[0] ?? ""] ?? ELSEWHERE;
    return { text: new TextDecoder(guessed).decode(bytes), guessed };
  }
}

/** What a mark of byte order says. */
function markOf([first, second]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return null;
}

/** The language that a file's name tells, where it is one of some: `talk.es.srt`. */
export function languageNamed(name: string, languages: readonly string[]): string {
  const tag = /\.([a-z]{2,3}(?:-[a-z0-9]+)*)\.\w+$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const found = (wanted = "") => languages.find((each) => each.toLowerCase() === wanted);
  return found(tag) ?? found(tag.split("-")[0]) ?? "";
}

function all(encoding: string, languages: string): Record<string, string> {
  return Object.fromEntries(languages.split(" ").map((language) => [language, encoding]));
}
