import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Pages } from "../design/Pages";
import { Card } from "../design/parts";
import { useFormat } from "../i18n/format";
import { auditQuery, keysQuery, membersQuery, type AuditEntry } from "./queries";
import styles from "./Settings.module.css";

/** Who did what. */
export function AuditPage() {
  const { t } = useTranslation("settings");
  const found = useInfiniteQuery(auditQuery);
  const entries = found.data?.pages.flatMap((page) => page.entries);
  const nameOf = useNames();
  return (
    <Card className={styles.section}>
      <div>
        <h2>{t("section.audit")}</h2>
        <p className={styles.hint}>{t("auditText")}</p>
      </div>
      <Pages list={found} height="20rem">
        <ol>
          {entries?.map((entry) => (
            <Entry key={entry.id} entry={entry} nameOf={nameOf} />
          ))}
        </ol>
      </Pages>
    </Card>
  );
}

type NameOf = (id: string) => string;

function Entry({ entry, nameOf }: { entry: AuditEntry; nameOf: NameOf }) {
  const { t, i18n } = useTranslation("settings");
  const format = useFormat();
  const key = `did.${entry.action}`;
  const action = i18n.exists(key, { ns: "settings" }) ? t(key as "did.signed_in") : entry.action;
  const who = [entry.user_id, entry.key_id].flatMap((id) => (id ? [nameOf(id)] : []));
  const details = Object.entries(entry.details).map(([name, value]) => `${name}: ${String(value)}`);
  const target = isTold(entry) ? nameOf(entry.target) : "";
  return (
    <li className={styles.row}>
      <div className={styles.rowText}>
        <p className={styles.name}>{action}</p>
        <p className={styles.hint}>{[target, ...details].filter(Boolean).join(" · ")}</p>
      </div>
      <div className={styles.when}>
        <p>{who.length > 0 ? who.join(", ") : t("nobody")}</p>
        <p className={styles.hint}>
          <time dateTime={entry.at}>{format.date(entry.at)}</time>
          {entry.address && ` · ${entry.address}`}
        </p>
      </div>
    </li>
  );
}

/** Ids of sessions and invitations tell nobody anything; the details say whom they are about. */
function isTold({ target, user_id }: AuditEntry): boolean {
  return target !== user_id && !/^(ses|inv)_/.test(target);
}

/** Members by their address and keys by their name; what is not known keeps its id. */
function useNames(): NameOf {
  const { data: members } = useQuery(membersQuery);
  const { data: keys } = useQuery(keysQuery);
  const names = new Map([
    ...(members?.members.map((each) => [each.user_id, each.email] as const) ?? []),
    ...(keys?.keys.map((each) => [each.id, each.name] as const) ?? []),
  ]);
  return (id) => names.get(id) ?? id;
}
