import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { onSignedOut } from "../api/polydub";
import { meQuery } from "../api/queries";
import { Icon } from "../design/Icon";
import { AccountMenu } from "./AccountMenu";
import { Brand } from "./Brand";
import { LanguageSwitch, ThemeSwitch } from "./Switches";
import { RoutePending } from "./RouteStates";
import { useDubFeed } from "./feed";
import { useOnline } from "./online";
import styles from "./Shell.module.css";

/** What is reached by tabs beside the glossaries, and so has no link of its own here. */
const BESIDE_GLOSSARIES = /^\/(memory|speakers)(\/|$)/;

/** What surrounds every route behind the door. */
export function Shell() {
  const { t } = useTranslation();
  const main = useRef<HTMLElement>(null);
  useDubFeed();
  useLeaveWhenSignedOut();
  useFocusOnNavigation(main);
  const isBesideGlossaries = useRouterState({
    select: ({ location }) => BESIDE_GLOSSARIES.test(location.pathname),
  });
  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        {t("skipToContent")}
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link to="/" className={styles.brand}>
            <Brand />
          </Link>
          <nav className={styles.nav} aria-label={t("mainNavigation")}>
            <Link to="/" className={styles.navLink} activeOptions={{ exact: true }}>
              <Icon name="plus" />
              <span className={styles.wide}>{t("newDub")}</span>
              <span className={styles.narrow}>{t("newDub.short")}</span>
            </Link>
            <Link to="/dubs" className={styles.navLink}>
              <Icon name="library" />
              {t("library")}
            </Link>
            <Link
              to="/glossaries"
              className={styles.navLink}
              {...(isBesideGlossaries && { "aria-current": true })}
            >
              <Icon name="book" />
              {t("glossaries")}
            </Link>
            <Link to="/usage" className={styles.navLink}>
              <Icon name="chart" />
              {t("usage")}
            </Link>
            <Link to="/settings" className={styles.navLink}>
              <Icon name="settings" />
              {t("settings")}
            </Link>
          </nav>
          <div className={styles.tools}>
            <LanguageSwitch />
            <ThemeSwitch />
            <AccountMenu />
          </div>
        </div>
      </header>
      <OfflineBanner />
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Suspense fallback={<RoutePending />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}

function OfflineBanner() {
  const { t } = useTranslation();
  const isOnline = useOnline();
  return (
    <div role="status">{!isOnline && <p className={styles.offline}>{t("offline")}</p>}</div>
  );
}

function useLeaveWhenSignedOut(): void {
  const router = useRouter();
  useEffect(
    () =>
      onSignedOut(() => {
        router.options.context.queryClient.setQueryData(meQuery.queryKey, null);
        void router.invalidate();
      }),
    [router],
  );
}

/** Those who do not see the page are taken to the new content, as a fresh page would. */
function useFocusOnNavigation(main: React.RefObject<HTMLElement | null>): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (before.current !== undefined && before.current !== path) {
      main.current?.focus({ preventScroll: true });
    }
    before.current = path;
  }, [path, main]);
}
