import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import styles from "./Words.module.css";

/** What is kept for every dub. */
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
      <Link to="/speakers" className={styles.tab}>
        {t("speakers")}
      </Link>
    </nav>
  );
}
