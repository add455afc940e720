import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { answer } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button } from "../design/Button";
import { Confirm } from "../design/Confirm";
import { Dialog } from "../design/Dialog";
import { SwitchRow } from "../design/fields";
import { Icon } from "../design/Icon";
import { backLook, Card, Note, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import { useFormat } from "../i18n/format";
import { useActing } from "./acting";
import { Deliveries } from "./Deliveries";
import { WEBHOOKS_KEY, webhookQuery, type EventName, type Webhook } from "./queries";
import styles from "./Settings.module.css";
import { WebhookForm, type WebhookFields } from "./WebhookForm";
import { WebhookBadge, WebhookSecret } from "./webhookParts";

export function WebhookPage() {
  const { t } = useTranslation("settings");
  const { webhookId } = useParams({ from: "/inside/settings/webhooks/$webhookId" });
  const { data, error, refetch } = useQuery(webhookQuery(webhookId));
  return (
    <>
      <p>
        <Link to="/settings/webhooks" className={backLook}>
          <Icon name="back" size={18} />
          {t("section.webhooks")}
        </Link>
      </p>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton height="12rem" />}
      {data && <Details webhook={data} />}
      {data && <Deliveries webhookId={webhookId} />}
    </>
  );
}

function Details({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const told = webhook.events.length
    ? webhook.events.map((name) => t(`event.${name as EventName}`))
    : [t("allEvents")];
  return (
    <Card className={styles.section}>
      <div className={styles.head}>
        <div>
          <h2 dir="ltr" className={styles.address}>
            {webhook.url}
          </h2>
          <p className={styles.hint} dir="auto">
            {webhook.description}
          </p>
        </div>
        <WebhookBadge webhook={webhook} />
      </div>
      {webhook.disabled_reason && (
        <Note tone="warn" title={t("disabled")}>
          {webhook.disabled_reason}
        </Note>
      )}
      <dl className={styles.facts}>
        <div>
          <dt>{t("events")}</dt>
          <dd>{format.list(told)}</dd>
        </div>
        {webhook.failing_since && (
          <div>
            <dt>{t("failingSince")}</dt>
            <dd>{format.date(webhook.failing_since)}</dd>
          </div>
        )}
        {webhook.old_secret_until && (
          <div>
            <dt>{t("oldSecretUntil")}</dt>
            <dd>{format.date(webhook.old_secret_until)}</dd>
          </div>
        )}
      </dl>
      <Enabled webhook={webhook} />
      <div className={styles.buttons}>
        <Test webhook={webhook} />
        <Edit webhook={webhook} />
        <Rotate webhook={webhook} />
        <Delete webhook={webhook} />
      </div>
    </Card>
  );
}

const paramsOf = (webhook: Webhook) => ({ path: { webhook_id: webhook.id } });

function Enabled({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const changing = useActing({
    act: (enabled: boolean) =>
      answer(
        polydub.http.PATCH("/v1/webhooks/{webhook_id}", {
          params: paramsOf(webhook),
          body: { enabled },
        }),
      ),
    changes: WEBHOOKS_KEY,
  });
  return (
    <SwitchRow
      label={t("enabled")}
      hint={t("enabledText")}
      checked={changing.isPending ? changing.variables : webhook.enabled}
      onChange={(enabled) => changing.mutate(enabled)}
    />
  );
}

function Test({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const testing = useActing({
    act: () =>
      answer(
        polydub.http.POST("/v1/webhooks/{webhook_id}/test", { params: paramsOf(webhook) }),
      ),
    changes: WEBHOOKS_KEY,
    onDone: () => toasts.add({ title: t("testSent") }),
  });
  return (
    <Button
      icon="arrow"
      busy={testing.isPending}
      disabled={!webhook.enabled}
      onClick={() => testing.mutate(undefined)}
    >
      {t("test")}
    </Button>
  );
}

function Edit({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const [isOpen, setOpen] = useState(false);
  const changing = useActing({
    act: (body: WebhookFields) =>
      answer(
        polydub.http.PATCH("/v1/webhooks/{webhook_id}", { params: paramsOf(webhook), body }),
      ),
    changes: WEBHOOKS_KEY,
    onDone: () => setOpen(false),
    isForm: true,
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("change")}</Button>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title={t("webhookChange")}>
        <WebhookForm
          webhook={webhook}
          error={changing.error}
          isBusy={changing.isPending}
          onSubmit={(body) => changing.mutate(body)}
          onCancel={() => setOpen(false)}
        />
      </Dialog>
    </>
  );
}

function Rotate({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const [secret, setSecret] = useState("");
  const rotating = useActing({
    act: () =>
      answer(
        polydub.http.POST("/v1/webhooks/{webhook_id}/rotate", { params: paramsOf(webhook) }),
      ),
    changes: WEBHOOKS_KEY,
    onDone: (made) => setSecret(made.secret),
  });
  return (
    <>
      <Confirm
        trigger={<Button icon="retry">{t("rotate")}</Button>}
        title={t("rotateTitle")}
        text={t("rotateText")}
        action={t("rotate")}
        onConfirm={() => rotating.mutate(undefined)}
      />
      <WebhookSecret secret={secret} onClose={() => setSecret("")} />
    </>
  );
}

function Delete({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const deleting = useActing({
    act: () =>
      answer(polydub.http.DELETE("/v1/webhooks/{webhook_id}", { params: paramsOf(webhook) })),
    changes: WEBHOOKS_KEY,
    onDone: () => void navigate({ to: "/settings/webhooks" }),
  });
  return (
    <Confirm
      trigger={
        <Button kind="danger" icon="trash">
          {common("delete")}
        </Button>
      }
      title={t("webhookDelete")}
      text={t("webhookDeleteText")}
      action={common("delete")}
      onConfirm={() => deleting.mutate(undefined)}
    />
  );
}
