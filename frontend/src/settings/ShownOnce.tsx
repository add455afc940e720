import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Dialog, DialogActions } from "../design/Dialog";
import { Field, Input } from "../design/fields";
import styles from "./Settings.module.css";

interface ShownOnceProps {
  title: string;
  text: string;
  /** What is told only now, under what it is called. */
  secrets: { label: string; value: string }[];
  onClose: () => void;
}

/** A secret that the gateway does not tell again. */
export function ShownOnce({ title, text, secrets, onClose }: ShownOnceProps) {
  const { t } = useTranslation("settings");
  return (
    <Dialog isOpen needsAnswer onClose={onClose} title={title} text={text}>
      {secrets.map((secret) => (
        <Secret key={secret.label} {...secret} />
      ))}
      <DialogActions>
        <Button kind="primary" onClick={onClose}>
          {t("done")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Secret({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation("settings");
  const [isCopied, setCopied] = useState(false);
  return (
    <Field label={label}>
      {(ids) => (
        <div className={styles.secret}>
          <Input
            {...ids}
            dir="ltr"
            readOnly
            value={value}
            className={styles.mono}
            onFocus={(event) => event.target.select()}
          />
          {/* Browsers give the clipboard to safe addresses only. */}
          {isSecureContext && (
            <Button
              icon={isCopied ? "check" : "report"}
              onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
            >
              {t(isCopied ? "copied" : "copy")}
            </Button>
          )}
        </div>
      )}
    </Field>
  );
}
