/** The languages of the page itself, each under its own name. */
export const PAGE_LANGUAGES = {
  en: "English",
  es: "Español",
  de: "Deutsch",
  fr: "Français",
  ru: "Русский",
  zh: "中文",
  ar: "العربية",
} as const;

export type PageLanguage = keyof typeof PAGE_LANGUAGES;

const KEPT_AS = "polydub.language";
const FALLBACK: PageLanguage = "en";

export function isPageLanguage(tag: string): tag is PageLanguage {
  return tag in PAGE_LANGUAGES;
}

export function directionOf(language: string): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}

/** The language to begin with: chosen before, else the first that the browser asks for. */
export function firstLanguage(
  kept: string | null = localStorage.getItem(KEPT_AS),
  wanted: readonly string[] = navigator.languages,
): PageLanguage {
  const tags = [kept ?? "", ...wanted].map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return tags.find(isPageLanguage) ?? FALLBACK;
}

export function keepLanguage(language: PageLanguage): void {
  localStorage.setItem(KEPT_AS, language);
}
