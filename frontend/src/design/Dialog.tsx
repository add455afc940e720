import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import styles from "./popups.module.css";

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  text?: ReactNode;
  /** A click beside it does not close it. */
  needsAnswer?: boolean;
  children?: ReactNode;
}

/** Something to be done before the rest of the page goes on. */
export function Dialog({ isOpen, onClose, title, text, needsAnswer, children }: DialogProps) {
  return (
    <Base.Root
      open={isOpen}
      disablePointerDismissal={needsAnswer ?? false}
      onOpenChange={(opened) => !opened && onClose()}
    >
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={styles.dialog}>
          <Base.Title className={styles.dialogTitle}>{title}</Base.Title>
          {text && <Base.Description className={styles.dialogText}>{text}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The buttons at a dialog's end. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.dialogActions}>{children}</div>;
}
