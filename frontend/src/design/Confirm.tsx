import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useTranslation } from "react-i18next";
import type { ReactElement } from "react";
import { Button } from "./Button";
import styles from "./popups.module.css";

interface ConfirmProps {
  trigger: ReactElement;
  title: string;
  text: string;
  action: string;
  onConfirm: () => void;
}

/** Asks before something that can't be undone. */
export function Confirm({ trigger, title, text, action, onConfirm }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger render={trigger} />
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={styles.backdrop} />
        <AlertDialog.Popup className={styles.dialog}>
          <AlertDialog.Title className={styles.dialogTitle}>{title}</AlertDialog.Title>
          <AlertDialog.Description className={styles.dialogText}>{text}</AlertDialog.Description>
          <div className={styles.dialogActions}>
            <AlertDialog.Close render={<Button>{t("leaveIt")}</Button>} />
            <AlertDialog.Close
              render={
                <Button kind="danger" onClick={onConfirm}>
                  {action}
                </Button>
              }
            />
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
