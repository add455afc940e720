import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { DialogActions } from "../design/Dialog";
import { Field, Input } from "../design/fields";
import { ProblemNote } from "../design/ProblemNote";
import { EVENT_NAMES, type EventName, type Webhook } from "./queries";
import styles from "./Settings.module.css";

export interface WebhookFields {
  url: string;
  description: string;
  /** Empty: all. */
  events: EventName[];
}

interface WebhookFormProps {
  webhook?: Webhook;
  error: Error | null;
  isBusy: boolean;
  onSubmit: (fields: WebhookFields) => void;
  onCancel: () => void;
}

export function WebhookForm({ webhook, error, isBusy, onSubmit, onCancel }: WebhookFormProps) {
  const { t } = useTranslation("settings");
  const [url, setUrl] = useState(webhook?.url ?? "https://");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState<string[]>(webhook?.events ?? []);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onSubmit({ url, description, events: EVENT_NAMES.filter((name) => events.includes(name)) });
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      {error && <ProblemNote error={error} />}
      <Field label={t("address")} hint={t("addressText")}>
        {(ids) => (
          <Input
            {...ids}
            type="url"
            dir="ltr"
            required
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("description")}>
        {(ids) => (
          <Input
            {...ids}
            maxLength={500}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        )}
      </Field>
      <fieldset className={styles.events}>
        <legend>{t("events")}</legend>
        <p className={styles.hint}>{t("eventsText")}</p>
        {EVENT_NAMES.map((name) => (
          <label key={name} className={styles.event}>
            <input
              type="checkbox"
              checked={events.includes(name)}
              onChange={({ target }) =>
                setEvents(
                  target.checked ? [...events, name] : events.filter((each) => each !== name),
                )
              }
            />
            {t(`event.${name}`)}
          </label>
        ))}
      </fieldset>
      <DialogActions>
        <Button onClick={onCancel}>{t("cancel")}</Button>
        <Button type="submit" kind="primary" busy={isBusy}>
          {t("save")}
        </Button>
      </DialogActions>
    </form>
  );
}
