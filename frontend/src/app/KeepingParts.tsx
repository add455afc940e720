import { useBlocker } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Dialog, DialogActions } from "../design/Dialog";
import { Note } from "../design/parts";
import styles from "./Keeping.module.css";

/** How long who leaves waits for a save that is on its way, before being asked. */
const PATIENCE_MS = 3000;

interface LeaveGuardProps {
  isChanged: () => boolean;
  /** Resolves when no save is on its way. */
  settled: () => Promise<unknown>;
  /** Asks whether to leave. */
  title: string;
}

/** Asks before what was not saved is lost. */
export function LeaveGuard({ isChanged, settled, title }: LeaveGuardProps) {
  const { t } = useTranslation();
  const leaving = useBlocker({
    shouldBlockFn: async ({ current, next }) => {
      if (current.pathname === next.pathname) return false; // the same, seen otherwise
      await Promise.race([settled(), new Promise((late) => setTimeout(late, PATIENCE_MS))]);
      return isChanged();
    },
    enableBeforeUnload: isChanged,
    withResolver: true,
  });
  return (
    <Dialog
      isOpen={leaving.status === "blocked"}
      onClose={() => leaving.reset?.()}
      title={title}
      text={t("leaveText")}
    >
      <DialogActions>
        <Button onClick={() => leaving.reset?.()}>{t("stay")}</Button>
        <Button kind="danger" onClick={() => leaving.proceed?.()}>
          {t("leave")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

interface OutrunProps {
  title: string;
  /** Takes what the others wrote. */
  onReload: () => void;
  /** Writes over it. */
  onForce: () => void;
}

/** Someone else saved meanwhile. */
export function Outrun({ title, onReload, onForce }: OutrunProps) {
  const { t } = useTranslation();
  return (
    <Note tone="warn" title={title}>
      <p>{t("outrunText")}</p>
      <div className={styles.actions}>
        <Button onClick={onReload}>{t("takeTheirs")}</Button>
        <Button onClick={onForce}>{t("keepMine")}</Button>
      </div>
    </Note>
  );
}
