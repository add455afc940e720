import { Dialog } from "@base-ui/react/dialog";
import type { ReactElement, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { classes } from "../design/classes";
import styles from "./Edit.module.css";

interface PopupProps {
  title: string;
  children: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  trigger?: ReactElement;
  /** From the lower edge, as phones have it. */
  sheet?: boolean;
}

/** Something that is looked at before going on. */
export function Popup({ title, children, open, onOpenChange, trigger, sheet }: PopupProps) {
  const { t } = useTranslation();
  return (
    <Dialog.Root
      {...(open !== undefined && { open })}
      {...(onOpenChange && { onOpenChange: (is: boolean) => onOpenChange(is) })}
    >
      {trigger && <Dialog.Trigger render={trigger} />}
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={classes(styles.popup, sheet && styles.sheet)}>
          <div className={styles.popupHead}>
            <Dialog.Title className={styles.popupTitle}>{title}</Dialog.Title>
            <Dialog.Close render={<IconButton icon="close" label={t("close")} />} />
          </div>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
