import { useTranslation } from "react-i18next";
import { chooseTheme, THEMES, useTheme, type Theme } from "../app/theme";
import { Field, Select } from "../design/fields";
import { Card } from "../design/parts";
import { chooseLanguage } from "../i18n";
import { isPageLanguage, PAGE_LANGUAGES } from "../i18n/languages";
import styles from "./Settings.module.css";

export function Appearance() {
  const { t, i18n } = useTranslation("settings");
  const { t: common } = useTranslation();
  const theme = useTheme();
  return (
    <Card className={styles.section}>
      <h2>{t("appearance")}</h2>
      <div className={styles.fields}>
        <Field label={common("pageLanguage")}>
          {(ids) => (
            <Select
              {...ids}
              value={i18n.language}
              onChange={({ target }) =>
                isPageLanguage(target.value) && void chooseLanguage(target.value)
              }
            >
              {Object.entries(PAGE_LANGUAGES).map(([tag, name]) => (
                <option key={tag} value={tag} lang={tag}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={common("theme")}>
          {(ids) => (
            <Select
              {...ids}
              value={theme}
              onChange={(event) => chooseTheme(event.target.value as Theme)}
            >
              {THEMES.map((value) => (
                <option key={value} value={value}>
                  {common(`theme.${value}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </Card>
  );
}
