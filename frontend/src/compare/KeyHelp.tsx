import { Dialog } from "@base-ui/react/dialog";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import popups from "../design/popups.module.css";
import styles from "./Compare.module.css";

const KEYS = [
  [["␣", "K"], "key.toggle"],
  [["O"], "key.swap"],
  [["←", "→"], "key.move5"],
  [["J", "L"], "key.move10"],
  [[",", "."], "key.line"],
  [["0", "…", "9"], "key.jump"],
  [["↑", "↓"], "key.volume"],
  [["M"], "key.mute"],
  [["C"], "key.subtitles"],
  [["<", ">"], "key.speed"],
  [["F"], "key.fullscreen"],
  [["P"], "key.picture"],
  [["?"], "key.help"],
] as const;

interface KeyHelpProps {
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

export function KeyHelp({ isOpen, onOpen }: KeyHelpProps) {
  const { t } = useTranslation("compare");
  const { t: common } = useTranslation();
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className={popups.backdrop} />
        <Dialog.Popup className={popups.dialog}>
          <Dialog.Title className={popups.dialogTitle}>{t("keys")}</Dialog.Title>
          <dl className={styles.keys}>
            {KEYS.map(([keys, what]) => (
              <div key={what}>
                <dt dir="ltr">
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{t(what)}</dd>
              </div>
            ))}
          </dl>
          <div className={popups.dialogActions}>
            <Dialog.Close render={<Button>{common("close")}</Button>} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
