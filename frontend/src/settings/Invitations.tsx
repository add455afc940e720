import { useQuery } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button } from "../design/Button";
import { Field, Input, Select } from "../design/fields";
import { Card } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { useActing } from "./acting";
import { invitationsQuery, ROLES, type Invitation, type Role } from "./queries";
import styles from "./Settings.module.css";
import { ShownOnce } from "./ShownOnce";

/** Invites people, and shows who has not come yet. */
export function Invitations() {
  const { t } = useTranslation("settings");
  const { data, error, refetch } = useQuery(invitationsQuery);
  return (
    <Card className={styles.section}>
      <div>
        <h2>{t("invite")}</h2>
        <p className={styles.hint}>{t("inviteText")}</p>
      </div>
      <InvitationForm />
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {data && data.invitations.length > 0 && (
        <div>
          <h3>{t("invitations")}</h3>
          <ul>
            {data.invitations.map((each) => (
              <InvitationRow key={each.id} invitation={each} />
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

function InvitationForm() {
  const { t } = useTranslation("settings");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [token, setToken] = useState("");
  const inviting = useActing({
    act: () =>
      answer(polydub.http.POST("/v1/organisation/invitations", { body: { email, role } })),
    changes: invitationsQuery.queryKey,
    onDone: (made) => setToken(made.token),
    isForm: true,
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    inviting.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      {inviting.error && <ProblemNote error={inviting.error} />}
      <div className={styles.inline}>
        <Field label={t("email")}>
          {(ids) => (
            <Input
              {...ids}
              type="email"
              autoComplete="off"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("role")}>
          {(ids) => (
            <Select
              {...ids}
              value={role}
              onChange={(event) => setRole(event.target.value as Role)}
            >
              {ROLES.map((each) => (
                <option key={each} value={each}>
                  {t(`role.${each}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button type="submit" kind="primary" busy={inviting.isPending}>
          {t("inviteAction")}
        </Button>
      </div>
      <p className={styles.hint}>{t(`role.${role}.hint`)}</p>
      {token && (
        <ShownOnce
          title={t("invited", { name: email })}
          text={t("invitedText")}
          secrets={[
            { label: t("inviteLink"), value: `${location.origin}/join#${token}` },
            { label: t("inviteToken"), value: token },
          ]}
          onClose={() => {
            setToken("");
            setEmail("");
          }}
        />
      )}
    </form>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const withdrawing = useActing({
    act: () =>
      answer(
        polydub.http.DELETE("/v1/organisation/invitations/{invitation_id}", {
          params: { path: { invitation_id: invitation.id } },
        }),
      ),
    changes: invitationsQuery.queryKey,
  });
  return (
    <li className={styles.row}>
      <div className={styles.rowText}>
        <p className={styles.name}>{invitation.email}</p>
        <p className={styles.hint}>
          {t(`role.${invitation.role}`)} ·{" "}
          {t("expires", { date: format.date(invitation.expires_at) })}
        </p>
      </div>
      <Button busy={withdrawing.isPending} onClick={() => withdrawing.mutate(undefined)}>
        {t("withdraw")}
      </Button>
    </li>
  );
}
