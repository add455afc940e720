import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import styles from "./Edit.module.css";
import { RegenerateDialog } from "./RegenerateDialog";
import { SpeakersDialog } from "./SpeakersDialog";
import { savingOf } from "./state";
import { useOnline } from "../app/online";
import { useEdited, useWorkplace } from "./workplace";

interface ToolbarProps {
  onFind: () => void;
  onHelp: () => void;
}

export function Toolbar({ onFind, onHelp }: ToolbarProps) {
  const { t } = useTranslation("edit");
  const { editor, canEdit } = useWorkplace();
  const canUndo = useEdited((state) => state.history.done.length > 0);
  const canRedo = useEdited((state) => state.history.undone.length > 0);
  return (
    <div className={styles.toolbar} role="group" aria-label={t("tools")}>
      {canEdit && (
        <>
          <IconButton icon="undo" label={t("undo")} disabled={!canUndo} onClick={() => editor.undo()} />
          <IconButton icon="redo" label={t("redo")} disabled={!canRedo} onClick={() => editor.redo()} />
        </>
      )}
      <IconButton icon="search" label={t("find")} onClick={onFind} />
      <SpeakersDialog
        trigger={
          <Button kind="quiet" icon="user">
            {t("speakers")}
          </Button>
        }
      />
      <IconButton
        icon="keyboard"
        label={t("shortcuts")}
        className={styles.keys}
        onClick={onHelp}
      />
      <Saving />
      {canEdit ? (
        <RegenerateDialog
          trigger={
            <Button kind="primary" icon="retry">
              {t("regenerate")}
            </Button>
          }
        />
      ) : (
        <p className={styles.hint}>{t("readOnly")}</p>
      )}
    </div>
  );
}

function Saving() {
  const { t } = useTranslation("edit");
  const { editor } = useWorkplace();
  const saving = useEdited(savingOf);
  const isOnline = useOnline();
  const isLeft = saving === "waiting" || saving === "failed";
  return (
    <span className={styles.saving}>
      <span role="status" data-state={saving}>
        {isLeft && !isOnline ? t("saving.offline") : t(`saving.${saving}`)}
      </span>
      {saving === "failed" && (
        <Button kind="quiet" onClick={() => editor.retry()}>
          {t("saveAgain")}
        </Button>
      )}
    </span>
  );
}
