import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Card, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useActing } from "./acting";
import { WEBHOOKS_KEY, webhooksQuery, type Webhook } from "./queries";
import styles from "./Settings.module.css";
import { WebhookForm, type WebhookFields } from "./WebhookForm";
import { WebhookBadge, WebhookSecret } from "./webhookParts";

export function WebhooksPage() {
  const { t } = useTranslation("settings");
  const { data, error, refetch } = useQuery(webhooksQuery);
  return (
    <Card className={styles.section}>
      <div className={styles.head}>
        <div>
          <h2>{t("section.webhooks")}</h2>
          <p className={styles.hint}>{t("webhooksText")}</p>
        </div>
        <NewWebhook />
      </div>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton height="8rem" />}
      {data?.webhooks.length === 0 && <p className={styles.hint}>{t("noWebhooks")}</p>}
      <ul>
        {data?.webhooks.map((webhook) => (
          <WebhookRow key={webhook.id} webhook={webhook} />
        ))}
      </ul>
    </Card>
  );
}

function NewWebhook() {
  const { t } = useTranslation("settings");
  const [isOpen, setOpen] = useState(false);
  const [secret, setSecret] = useState("");
  const making = useActing({
    act: (body: WebhookFields) => answer(polydub.http.POST("/v1/webhooks", { body })),
    changes: WEBHOOKS_KEY,
    onDone: (made) => {
      setOpen(false);
      setSecret(made.secret);
    },
    isForm: true,
  });
  return (
    <>
      <Button kind="primary" icon="plus" onClick={() => setOpen(true)}>
        {t("webhookNew")}
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title={t("webhookNew")}>
        <WebhookForm
          error={making.error}
          isBusy={making.isPending}
          onSubmit={(body) => making.mutate(body)}
          onCancel={() => setOpen(false)}
        />
      </Dialog>
      <WebhookSecret secret={secret} onClose={() => setSecret("")} />
    </>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const { length: count } = webhook.events;
  const toldOf = count === 0 ? t("allEvents") : t("toldOf", { count });
  return (
    <li className={styles.row}>
      <div className={styles.rowText}>
        <p className={styles.name}>
          <Link
            to="/settings/webhooks/$webhookId"
            params={{ webhookId: webhook.id }}
            dir="ltr"
          >
            {webhook.url}
          </Link>
        </p>
        <p className={styles.hint} dir="auto">
          {webhook.description || toldOf}
        </p>
      </div>
      <WebhookBadge webhook={webhook} />
    </li>
  );
}
