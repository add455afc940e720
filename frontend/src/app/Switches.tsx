import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { Choices } from "../design/Choices";
import type { IconName } from "../design/Icon";
import { chooseLanguage } from "../i18n";
import { isPageLanguage, PAGE_LANGUAGES, type PageLanguage } from "../i18n/languages";
import { chooseTheme, THEMES, useTheme, type Theme } from "./theme";

const THEME_ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <Choices<PageLanguage>
      trigger={<IconButton icon="globe" label={t("pageLanguage")} />}
      label={t("pageLanguage")}
      value={isPageLanguage(i18n.language) ? i18n.language : "en"}
      options={Object.entries(PAGE_LANGUAGES).map(([value, label]) => ({
        value: value as PageLanguage,
        label,
        lang: value,
      }))}
      onChoose={(language) => void chooseLanguage(language)}
    />
  );
}

export function ThemeSwitch() {
  const { t } = useTranslation();
  const theme = useTheme();
  return (
    <Choices<Theme>
      trigger={<IconButton icon={THEME_ICONS[theme]} label={t("theme")} />}
      label={t("theme")}
      value={theme}
      options={THEMES.map((value) => ({
        value,
        label: t(`theme.${value}`),
        icon: THEME_ICONS[value],
      }))}
      onChoose={chooseTheme}
    />
  );
}
