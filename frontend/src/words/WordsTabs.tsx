import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import styles from "./Words.module.css";

/** The two kinds of words that are used again. */
export function WordsTabs() {
  const { t } = useTranslation("words");
  return (
    <nav className={styles.tabs} aria-label={t("kinds")}>
      <Link to="/glossaries" className={styles.tab}>
        {t("glossaries")}
      </Link>
      <Link to="/memory" className={styles.tab}>
        {t("memory")}
      </Link>
    </nav>
  );
}
