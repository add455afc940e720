import { memo, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { Input } from "../design/fields";
import styles from "./Edit.module.css";
import type { Span } from "./lines";
import { dragged, read, written, type Edge } from "./timeline";
import { useWorkplace } from "./workplace";

const NUDGE_MS = 50;

/** When a line begins or ends, to be typed, nudged, or taken from where it plays. */
export const TimeField = memo(function TimeField({ edge, ...line }: Span & { edge: Edge }) {
  const { t } = useTranslation("edit");
  const { editor, clock, canEdit } = useWorkplace();
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();
  const ms = edge === "start" ? line.startMs : line.endMs;
  const move = (to: number) => {
    const { startMs, endMs } = dragged(line, edge, to, editor.talkMs);
    editor.change(line.id, { startMs, endMs }, `time/${edge}/${line.id}`);
  };
  const take = () => {
    const moment = typed === null ? null : read(typed);
    if (moment !== null) move(moment);
    setTyped(null);
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {t(`time.${edge}`)}
      </label>
      <div className={styles.timeField} dir="ltr">
        <Input
          id={id}
          className={styles.time}
          inputMode="decimal"
          readOnly={!canEdit}
          value={typed ?? written(ms)}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            const by = { ArrowUp: NUDGE_MS, ArrowDown: -NUDGE_MS }[event.key];
            if (event.key === "Enter") take();
            else if (by !== undefined && canEdit) move(ms + by);
            else return;
            event.preventDefault();
          }}
        />
        {canEdit && (
          <IconButton
            icon="here"
            label={t(`time.${edge}.here`)}
            onClick={() => move(clock.nowMs())}
          />
        )}
      </div>
    </div>
  );
});
