import { useQuery } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button } from "../design/Button";
import { Confirm } from "../design/Confirm";
import { Field, Input, Select } from "../design/fields";
import { Badge, Card, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { useActing } from "./acting";
import { keysQuery, membersQuery, type Key } from "./queries";
import styles from "./Settings.module.css";
import { ShownOnce } from "./ShownOnce";

const LIFETIMES_DAYS = [30, 90, 365];
const DAY_MS = 86_400_000;

export function KeysPage() {
  const { t } = useTranslation("settings");
  const { data, error, refetch } = useQuery(keysQuery);
  return (
    <>
      <Card className={styles.section}>
        <div>
          <h2>{t("keyNew")}</h2>
          <p className={styles.hint}>{t("keyNewText")}</p>
        </div>
        <KeyForm />
      </Card>
      <Card className={styles.section}>
        <h2>{t("section.keys")}</h2>
        {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton height="8rem" />}
        {data?.keys.length === 0 && <p className={styles.hint}>{t("noKeys")}</p>}
        <ul>
          {data?.keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} />
          ))}
        </ul>
      </Card>
    </>
  );
}

function KeyForm() {
  const { t } = useTranslation("settings");
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Key["scope"]>("read");
  const [days, setDays] = useState(LIFETIMES_DAYS[1] ?? 0);
  const [text, setText] = useState("");
  const making = useActing({
    act: () => {
      const expires_at = days ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
      return answer(
        polydub.http.POST("/v1/organisation/keys", { body: { name, scope, expires_at } }),
      );
    },
    changes: keysQuery.queryKey,
    onDone: (made) => setText(made.key),
    isForm: true,
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    making.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      {making.error && <ProblemNote error={making.error} />}
      <div className={styles.inline}>
        <Field label={t("keyName")}>
          {(ids) => (
            <Input
              {...ids}
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("scope")}>
          {(ids) => (
            <Select
              {...ids}
              value={scope}
              onChange={(event) => setScope(event.target.value as Key["scope"])}
            >
              <option value="read">{t("scope.read")}</option>
              <option value="all">{t("scope.all")}</option>
            </Select>
          )}
        </Field>
        <Field label={t("lifetime")}>
          {(ids) => (
            <Select {...ids} value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {LIFETIMES_DAYS.map((each) => (
                <option key={each} value={each}>
                  {t("days", { count: each })}
                </option>
              ))}
              <option value={0}>{t("noEnd")}</option>
            </Select>
          )}
        </Field>
        <Button type="submit" kind="primary" busy={making.isPending}>
          {t("keyMake")}
        </Button>
      </div>
      {text && (
        <ShownOnce
          title={t("keyMade", { name })}
          text={t("shownOnce")}
          secrets={[{ label: t("key"), value: text }]}
          onClose={() => {
            setText("");
            setName("");
          }}
        />
      )}
    </form>
  );
}

function KeyRow({ apiKey }: { apiKey: Key }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const { data } = useQuery(membersQuery);
  const maker = data?.members.find((each) => each.user_id === apiKey.user_id)?.email;
  const revoking = useActing({
    act: () =>
      answer(
        polydub.http.DELETE("/v1/organisation/keys/{key_id}", {
          params: { path: { key_id: apiKey.id } },
        }),
      ),
    changes: keysQuery.queryKey,
  });
  const facts = [
    t("by", { name: maker ?? apiKey.user_id }),
    apiKey.expires_at ? t("expires", { date: format.date(apiKey.expires_at) }) : t("noEnd"),
    apiKey.last_used_at ? t("lastUsed", { when: format.ago(apiKey.last_used_at) }) : t("neverUsed"),
  ];
  return (
    <li className={styles.row}>
      <div className={styles.rowText}>
        <p className={styles.name} dir="auto">
          {apiKey.name}
        </p>
        <p className={styles.hint}>{facts.join(" · ")}</p>
      </div>
      <div className={styles.rowActions}>
        <Badge tone={apiKey.scope === "all" ? "warn" : "neutral"}>
          {t(`held.${apiKey.scope}`)}
        </Badge>
        <Confirm
          trigger={<Button kind="danger">{t("revoke")}</Button>}
          title={t("revokeTitle", { name: apiKey.name })}
          text={t("revokeText")}
          action={t("revoke")}
          onConfirm={() => revoking.mutate(undefined)}
        />
      </div>
    </li>
  );
}
