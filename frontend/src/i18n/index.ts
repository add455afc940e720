import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { directionOf, firstLanguage, keepLanguage, type PageLanguage } from "./languages";

/** One file for each language and area of the page, loaded when a route of that area is. */
const files = import.meta.glob<{ default: Record<string, string> }>("./messages/*/*.json");

const backend: BackendModule = {
  type: "backend",
  init: () => undefined,
  read(language, area, done) {
    const load = files[`./messages/${language}/${area}.json`];
    if (!load) {
      done(new Error(`There are no messages for ${language}/${area}.`), null);
      return;
    }
    load().then(
      (file) => done(null, file.default),
      (error: unknown) => done(error as Error, null),
    );
  },
};

/** Loads what every route needs, so that the first picture has words. */
export async function startI18n(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
    document.documentElement.dir = directionOf(language);
  });
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: firstLanguage(),
      fallbackLng: "en",
      ns: ["common"],
      defaultNS: "common",
      keySeparator: false,
      nsSeparator: false,
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
}

export async function chooseLanguage(language: PageLanguage): Promise<void> {
  keepLanguage(language);
  await i18next.changeLanguage(language);
}
