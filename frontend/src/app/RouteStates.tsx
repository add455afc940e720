import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { ApiProblem } from "polydub-client";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { buttonLook } from "../design/Button";
import { ProblemNote } from "../design/ProblemNote";
import { Empty, Skeleton } from "../design/parts";
import { Unreachable } from "../pwa/Unreachable";
import styles from "./Shell.module.css";

export function RoutePending() {
  const { t } = useTranslation();
  return (
    <div role="status" className={styles.pending}>
      <span className="visually-hidden">{t("loading")}</span>
      <Skeleton height="2.25rem" width="min(18rem, 70%)" />
      <Skeleton height="1.25rem" width="min(28rem, 90%)" />
      <Skeleton height="14rem" />
    </div>
  );
}

export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = useCallback(() => void router.invalidate(), [router]);
  if (error instanceof ApiProblem && error.code === "network") {
    return <Unreachable onRetry={again} />;
  }
  return (
    <div className={styles.pending}>
      <ProblemNote
        error={error}
        onRetry={() => {
          // A page of an earlier version asks for files that are gone: only a reload helps.
          if (error instanceof TypeError) location.reload();
          else reset();
        }}
      />
    </div>
  );
}

/** Where there is no shell around what failed. */
export function WholeFailure(props: ErrorComponentProps) {
  return (
    <main className={styles.main}>
      <RouteFailure {...props} />
    </main>
  );
}

/** Where there is no shell around an address that leads nowhere. */
export function WholeNotFound() {
  return (
    <main className={styles.main}>
      <NotFound />
    </main>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty
      isWhole
      icon="search"
      title={t("notFound")}
      action={
        <Link to="/" className={buttonLook()}>
          {t("toStart")}
        </Link>
      }
    >
      {t("notFoundText")}
    </Empty>
  );
}
