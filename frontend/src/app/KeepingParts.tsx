import { useBlocker } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Dialog, DialogActions } from "../design/Dialog";
import { Note } from "../design/parts";
import styles from "./Keeping.module.css";

interface LeaveGuardProps {
  isChanged: () => boolean;
  /** Asks whether to leave. */
  title: string;
}

/** Asks before what was not saved is lost. */
export function LeaveGuard({ isChanged, title }: LeaveGuardProps) {
  const { t } = useTranslation();
  const leaving = useBlocker({
    shouldBlockFn: isChanged,
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
