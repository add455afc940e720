import { Suspense, useEffect, type ReactNode } from "react";
import { Card } from "../design/parts";
import { Brand } from "./Brand";
import styles from "./Door.module.css";
import { RoutePending } from "./RouteStates";
import { LanguageSwitch, ThemeSwitch } from "./Switches";

/** What stands around a route for people who are not in yet. */
export function Door({ children }: { children: ReactNode }) {
  return (
    <main className={styles.page}>
      <Suspense fallback={<RoutePending />}>
        <div className={styles.box}>
          <p className={styles.brand}>
            <Brand />
          </p>
          <Card className={styles.card}>{children}</Card>
          <div className={styles.tools}>
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </div>
      </Suspense>
    </main>
  );
}

/** Its heading, which names the browser's tab as well. */
export function DoorTitle({ children }: { children: string }) {
  useEffect(() => {
    document.title = `${children} · Polydub`;
  }, [children]);
  return <h1>{children}</h1>;
}
