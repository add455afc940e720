import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Empty, PageHead, Skeleton } from "../design/parts";
import { sectionAt, useSections, type Section } from "./sections";
import styles from "./Settings.module.css";

/** What surrounds every section. */
export function SettingsPage() {
  const { t } = useTranslation("settings");
  const path = useRouterState({ select: (state) => state.location.pathname });
  const sections = useSections();
  const here = sections && sectionAt(path, sections);
  return (
    <>
      <PageHead title={t("title")} />
      {!sections && <Skeleton height="20rem" />}
      {sections && (
        <div className={styles.layout}>
          <Sections sections={sections} here={here} />
          <div className={styles.page}>
            {here ? (
              <Outlet />
            ) : (
              <Empty icon="settings" title={t("notForYou")}>
                {t("notForYouText")}
              </Empty>
            )}
          </div>
        </div>
      )}
    </>
  );
}

interface SectionsProps {
  sections: Section[];
  here: Section | undefined;
}

function Sections({ sections, here }: SectionsProps) {
  const { t } = useTranslation("settings");
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On phones they are a strip that is longer than the window is wide.
    const chosen = nav.current?.querySelector('[aria-current="page"]');
    chosen?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here]);
  return (
    <nav ref={nav} className={styles.sections} aria-label={t("sections")}>
      {sections.map(({ name, to }) => (
        <Link
          key={name}
          to={to}
          className={styles.sectionLink}
          activeOptions={{ exact: to === "/settings" }}
        >
          {t(`section.${name}`)}
        </Link>
      ))}
    </nav>
  );
}
