import { useTranslation } from "react-i18next";
import { Badge } from "../design/parts";
import type { Webhook } from "./queries";
import { ShownOnce } from "./ShownOnce";

export function WebhookBadge({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  if (!webhook.enabled) return <Badge>{t("off")}</Badge>;
  if (webhook.failing_since) return <Badge tone="bad">{t("failing")}</Badge>;
  return <Badge tone="good">{t("on")}</Badge>;
}

interface WebhookSecretProps {
  /** Empty: there is none to show. */
  secret: string;
  onClose: () => void;
}

export function WebhookSecret({ secret, onClose }: WebhookSecretProps) {
  const { t } = useTranslation("settings");
  if (secret === "") return null;
  return (
    <ShownOnce
      title={t("secretTitle")}
      text={t("secretText")}
      secrets={[{ label: t("secret"), value: secret }]}
      onClose={onClose}
    />
  );
}
