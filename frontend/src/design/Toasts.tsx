import { Toast } from "@base-ui/react/toast";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./Button";
import styles from "./Toasts.module.css";

/** Short notes that go by themselves. Use `toasts.add({ title, description })` from anywhere. */
export const toasts = Toast.createToastManager();

export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Toast.Provider toastManager={toasts} limit={3} timeout={6000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport} aria-label={t("toasts")}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { t } = useTranslation();
  const manager = Toast.useToastManager();
  return manager.toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast}>
      <Toast.Content className={styles.content}>
        <div className={styles.text}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.description} />
        </div>
        {toast.actionProps && <Toast.Action render={<Button kind="quiet" />} />}
        <Toast.Close render={<IconButton icon="close" label={t("close")} />} />
      </Toast.Content>
    </Toast.Root>
  ));
}
