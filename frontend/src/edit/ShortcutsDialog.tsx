import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Edit.module.css";
import { Popup } from "./Popup";

const SHORTCUTS = {
  move: ["↑ ↓"],
  edit: ["Enter"],
  back: ["Esc"],
  nextWords: ["Ctrl Enter"],
  play: ["Space"],
  preview: ["P"],
  split: ["S"],
  merge: ["M"],
  insert: ["I"],
  remove: ["Del"],
  undo: ["Ctrl Z"],
  redo: ["Ctrl Shift Z"],
  find: ["Ctrl F"],
  seek: ["← →"],
  zoom: ["+ −"],
  help: ["?"],
} as const;

interface ShortcutsDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function ShortcutsDialog({ open, onOpenChange }: ShortcutsDialogProps) {
  const { t } = useTranslation("edit");
  const names = Object.keys(SHORTCUTS) as (keyof typeof SHORTCUTS)[];
  return (
    <Popup title={t("shortcuts")} open={open} onOpenChange={onOpenChange}>
      <dl className={styles.shortcuts}>
        {names.map((name) => (
          <Fragment key={name}>
            <dt dir="ltr">
              {SHORTCUTS[name].map((keys) => (
                <kbd key={keys}>{keys}</kbd>
              ))}
            </dt>
            <dd>{t(`key.${name}`)}</dd>
          </Fragment>
        ))}
      </dl>
    </Popup>
  );
}
