import { useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { classes } from "../design/classes";
import { Icon } from "../design/Icon";
import styles from "./NewDub.module.css";

const ACCEPTED = "video/*,audio/*,.mkv,.avi,.mov,.m4a,.flac,.ogg";

interface DropZoneProps {
  /** Something is there already: it takes less room. */
  compact: boolean;
  onFiles: (files: File[]) => void;
}

export function DropZone({ compact, onFiles }: DropZoneProps) {
  const { t } = useTranslation("new-dub");
  const chooser = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const take = (files: FileList | null) => files?.length && onFiles([...files]);

  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer.files);
  };

  return (
    <div
      className={classes(styles.drop, compact && styles.dropCompact)}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={onDrop}
    >
      <span className={styles.dropIcon}>
        <Icon name="upload" size={compact ? 22 : 30} />
      </span>
      <div>
        <p className={styles.dropTitle}>{t(compact ? "drop.more" : "drop.title")}</p>
        {!compact && <p className={styles.dropHint}>{t("drop.hint")}</p>}
      </div>
      <div className={styles.dropActions}>
        <Button kind={compact ? "plain" : "primary"} onClick={() => chooser.current?.click()}>
          {t("drop.choose")}
        </Button>
        <Button className={styles.cameraOnly} onClick={() => camera.current?.click()}>
          {t("drop.record")}
        </Button>
      </div>
      <input
        ref={chooser}
        type="file"
        accept={ACCEPTED}
        multiple
        hidden
        aria-label={t("drop.choose")}
        onChange={(event) => {
          take(event.target.files);
          event.target.value = ""; // so that the same file can be chosen again
        }}
      />
      <input
        ref={camera}
        type="file"
        accept="video/*"
        capture="environment"
        hidden
        aria-label={t("drop.record")}
        onChange={(event) => {
          take(event.target.files);
          event.target.value = "";
        }}
      />
    </div>
  );
}
