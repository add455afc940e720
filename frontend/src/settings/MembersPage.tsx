import { useQuery } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { meQuery } from "../api/queries";
import { useMay } from "../app/role";
import { IconButton } from "../design/Button";
import { Confirm } from "../design/Confirm";
import { Select } from "../design/fields";
import { Badge, Card, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { useActing } from "./acting";
import { Invitations } from "./Invitations";
import { membersQuery, ROLES, type Member, type Role } from "./queries";
import styles from "./Settings.module.css";

export function MembersPage() {
  const { t } = useTranslation("settings");
  const { administer } = useMay();
  const { data, error, refetch } = useQuery(membersQuery);
  return (
    <>
      {administer && <Invitations />}
      <Card className={styles.section}>
        <div>
          <h2>{t("section.members")}</h2>
          <p className={styles.hint}>{t("membersText")}</p>
        </div>
        {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton height="10rem" />}
        <ul>
          {data?.members.map((member) => (
            <MemberRow key={member.user_id} member={member} mayChange={administer} />
          ))}
        </ul>
      </Card>
    </>
  );
}

function MemberRow({ member, mayChange }: { member: Member; mayChange: boolean }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const { data: me } = useQuery(meQuery);
  const isMe = me?.user_id === member.user_id;
  return (
    <li className={styles.row}>
      <div className={styles.rowText}>
        <p className={styles.name}>
          {member.email} {isMe && <span className={styles.hint}>({t("you")})</span>}
        </p>
        <p className={styles.hint}>{t("since", { date: format.date(member.since) })}</p>
      </div>
      {mayChange && !isMe ? (
        <MemberActions member={member} />
      ) : (
        <Badge>{t(`role.${member.role}`)}</Badge>
      )}
    </li>
  );
}

function MemberActions({ member }: { member: Member }) {
  const { t } = useTranslation("settings");
  const params = { path: { user_id: member.user_id } };
  const changing = useActing({
    act: (role: Role) =>
      answer(
        polydub.http.PATCH("/v1/organisation/members/{user_id}", { params, body: { role } }),
      ),
    changes: membersQuery.queryKey,
  });
  const removing = useActing({
    act: () => answer(polydub.http.DELETE("/v1/organisation/members/{user_id}", { params })),
    changes: membersQuery.queryKey,
  });
  return (
    <div className={styles.rowActions}>
      <Select
        aria-label={t("roleOf", { name: member.email })}
        value={member.role}
        disabled={changing.isPending}
        onChange={(event) => changing.mutate(event.target.value as Role)}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {t(`role.${role}`)}
          </option>
        ))}
      </Select>
      <Confirm
        trigger={<IconButton icon="trash" label={t("removeNamed", { name: member.email })} />}
        title={t("removeTitle", { name: member.email })}
        text={t("removeText")}
        action={t("remove")}
        onConfirm={() => removing.mutate(undefined)}
      />
    </div>
  );
}
