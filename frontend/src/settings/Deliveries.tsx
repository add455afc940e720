import { useInfiniteQuery } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button } from "../design/Button";
import { Field, Select } from "../design/fields";
import { Pages } from "../design/Pages";
import { Badge, Card, type Tone } from "../design/parts";
import { useFormat } from "../i18n/format";
import { useActing } from "./acting";
import { deliveriesQuery, WEBHOOKS_KEY, type Delivery, type EventName } from "./queries";
import styles from "./Settings.module.css";

type State = Delivery["state"];
const STATES: readonly State[] = ["pending", "delivered", "failed"];
const TONES: Record<State, Tone> = { pending: "active", delivered: "good", failed: "bad" };

/** What was sent to a webhook, and what came of it. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const { t } = useTranslation("settings");
  const [state, setState] = useState<State | "">("");
  const found = useInfiniteQuery(deliveriesQuery(webhookId, state));
  const deliveries = found.data?.pages.flatMap((page) => page.deliveries);
  return (
    <Card className={styles.section}>
      <div className={styles.head}>
        <h2>{t("deliveries")}</h2>
        <Field label={t("show")}>
          {(ids) => (
            <Select
              {...ids}
              value={state}
              onChange={(event) => setState(event.target.value as State | "")}
            >
              <option value="">{t("allStates")}</option>
              {STATES.map((each) => (
                <option key={each} value={each}>
                  {t(`delivery.${each}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Pages list={found} height="10rem">
        {deliveries?.length === 0 && <p className={styles.hint}>{t("noDeliveries")}</p>}
        <ul>
          {deliveries?.map((each) => (
            <DeliveryRow key={each.id} webhookId={webhookId} delivery={each} />
          ))}
        </ul>
      </Pages>
    </Card>
  );
}

function DeliveryRow({ webhookId, delivery }: { webhookId: string; delivery: Delivery }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  return (
    <li className={styles.delivery}>
      <div className={styles.row}>
        <div className={styles.rowText}>
          <p className={styles.name}>{t(`event.${delivery.type as EventName}`)}</p>
          <p className={styles.hint}>
            <time dateTime={delivery.created_at}>{format.date(delivery.created_at)}</time> ·{" "}
            {t("tries", { count: delivery.tries })}
            {delivery.next_try_at &&
              ` · ${t("nextTry", { date: format.date(delivery.next_try_at) })}`}
          </p>
        </div>
        <div className={styles.rowActions}>
          <Badge tone={TONES[delivery.state]}>{t(`delivery.${delivery.state}`)}</Badge>
          {delivery.state !== "pending" && <Replay webhookId={webhookId} delivery={delivery} />}
        </div>
      </div>
      <details>
        <summary>{t("details")}</summary>
        <Attempts delivery={delivery} />
      </details>
    </li>
  );
}

function Replay({ webhookId, delivery }: { webhookId: string; delivery: Delivery }) {
  const { t } = useTranslation("settings");
  const replaying = useActing({
    act: () =>
      answer(
        polydub.http.POST("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", {
          params: { path: { webhook_id: webhookId, delivery_id: delivery.id } },
        }),
      ),
    changes: WEBHOOKS_KEY,
  });
  return (
    <Button icon="retry" busy={replaying.isPending} onClick={() => replaying.mutate(undefined)}>
      {t("replay")}
    </Button>
  );
}

function Attempts({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  return (
    <div className={styles.attempts}>
      <ol>
        {delivery.attempts.map((each) => (
          <li key={each.number} className={styles.hint}>
            {format.date(each.at)} · {format.number(each.duration_ms)} ms ·{" "}
            {each.status ?? t("noAnswer")} {each.error}
            {each.answer && (
              <pre dir="ltr" className={styles.code}>
                {each.answer}
              </pre>
            )}
          </li>
        ))}
      </ol>
      <p className={styles.name}>{t("message")}</p>
      <pre dir="ltr" className={styles.code}>
        {delivery.body}
      </pre>
    </div>
  );
}
