import { useMemo } from "react";
import { useTranslation } from "react-i18next";

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Ways to speak a language that browsers have no names for. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ca-valencia": {
    ar: "البلنسية",
    de: "Valencianisch",
    en: "Valencian",
    es: "Valenciano",
    fr: "Valencien",
    ru: "Валенсийский",
    zh: "瓦伦西亚语",
  },
};

/** Figures, moments and names as the page's language writes them. */
export interface Format {
  number: (value: number) => string;
  percent: (fraction: number) => string;
  bytes: (bytes: number) => string;
  /** A length in time, as a clock shows it: 1:02:03. */
  clock: (seconds: number) => string;
  /** A time to wait, rounded as people say it: about 5 min. */
  span: (seconds: number) => string;
  date: (moment: string) => string;
  /** How long ago; a date when that is long. */
  ago: (moment: string, now?: number) => string;
  money: (amount: number, currency: string) => string;
  /** A language's name in the page's language. */
  language: (tag: string) => string;
  list: (items: string[]) => string;
}

export function formatIn(locale: string): Format {
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const plain = new Intl.NumberFormat(locale);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const names = new Intl.DisplayNames(locale, { type: "language", fallback: "code" });
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);

  return {
    number: (value) => plain.format(value),
    percent: (fraction) => percent.format(Math.floor(fraction * 100) / 100),
    bytes(bytes) {
      const power = Math.min(
        BYTE_UNITS.length - 1,
        bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3),
      );
      const value = bytes / 1000 ** power;
      return unit(value, BYTE_UNITS[power] ?? "byte", value < 10 && power > 0 ? 1 : 0);
    },
    clock,
    span(seconds) {
      if (seconds < 60) return unit(Math.max(1, Math.round(seconds)), "second");
      if (seconds < 3600) return unit(Math.round(seconds / 60), "minute");
      const minutes = Math.round(seconds / 60);
      const rest = minutes % 60;
      const hours = unit(Math.floor(minutes / 60), "hour");
      return rest === 0 ? hours : `${hours} ${unit(rest, "minute")}`;
    },
    date: (moment) => day.format(new Date(moment)),
    ago(moment, now = Date.now()) {
      const seconds = (new Date(moment).getTime() - now) / 1000;
      if (seconds > -45) return relative.format(0, "second");
      if (seconds > -3600) return relative.format(Math.round(seconds / 60), "minute");
      if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), "hour");
      if (seconds > -7 * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
      return day.format(new Date(moment));
    },
    money: (amount, currency) =>
      new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount),
    language(tag) {
      try {
        const name = VARIANTS[tag.toLowerCase()]?.[locale] ?? names.of(tag) ?? tag;
        return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
      } catch {
        return tag; // not a tag that Intl can read
      }
    },
    list: (items) => list.format(items),
  };
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => formatIn(i18n.language), [i18n.language]);
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, n) => (n === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}
