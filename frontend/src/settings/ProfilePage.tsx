import { useMutation, useQuery } from "@tanstack/react-query";
import { answer, ApiProblem, type Me } from "polydub-client";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { meQuery, waysQuery } from "../api/queries";
import { Button } from "../design/Button";
import { Field, PasswordField, Select } from "../design/fields";
import { Card, Note } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import { Appearance } from "./Appearance";
import styles from "./Settings.module.css";

export function ProfilePage() {
  const { data: ways } = useQuery(waysQuery);
  const { data: me } = useQuery(meQuery);
  return (
    <>
      {ways && !ways.accounts && <NoAccounts />}
      {ways?.accounts && me && <Profile me={me} />}
      {ways?.password && me && !me.key_id && <Password />}
      <Appearance />
    </>
  );
}

/** Without accounts there is nobody to have a profile. */
function NoAccounts() {
  const { t } = useTranslation("settings");
  return (
    <Card className={styles.section}>
      <div>
        <h2>{t("noAccounts")}</h2>
        <p className={styles.hint}>{t("noAccountsText")}</p>
      </div>
    </Card>
  );
}

function Profile({ me }: { me: Me }) {
  const { t } = useTranslation("settings");
  const here = me.organisations.find((each) => each.id === me.organisation_id);
  return (
    <Card className={styles.section}>
      <h2>{t("section.profile")}</h2>
      <dl className={styles.facts}>
        <div>
          <dt>{t("email")}</dt>
          <dd>{me.email ?? me.user_id}</dd>
        </div>
        <div>
          <dt>{t("organisation")}</dt>
          <dd dir="auto">{here?.name ?? me.organisation_id}</dd>
        </div>
        <div>
          <dt>{t("role")}</dt>
          <dd>
            {t(`role.${me.role}`)}
            <span className={styles.hint}>{t(`role.${me.role}.hint`)}</span>
          </dd>
        </div>
      </dl>
      {me.organisations.length > 1 && <OrganisationSwitch me={me} />}
    </Card>
  );
}

function OrganisationSwitch({ me }: { me: Me }) {
  const { t } = useTranslation("settings");
  const switching = useMutation({
    mutationFn: (organisation_id: string) =>
      answer(polydub.http.POST("/v1/auth/switch", { body: { organisation_id, cookie: true } })),
    // All that the page knows is the other organisation's.
    onSuccess: () => location.assign("/"),
  });
  return (
    <div className={styles.fields}>
      <Field label={t("switch")} hint={t("switchText")}>
        {(ids) => (
          <Select
            {...ids}
            value={me.organisation_id}
            disabled={switching.isPending}
            onChange={(event) => switching.mutate(event.target.value)}
          >
            {me.organisations.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {switching.error && <ProblemNote error={switching.error} />}
    </div>
  );
}

/** All that is forbidden about one's own password is to change it without knowing it. */
function isWrong(error: unknown): boolean {
  return error instanceof ApiProblem && error.code === "forbidden";
}

export function Password() {
  const { t } = useTranslation("settings");
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const changing = useMutation({
    mutationFn: () =>
      answer(polydub.http.POST("/v1/auth/password", { body: { current, new: wanted } })),
    onSuccess: () => {
      setCurrent("");
      setWanted("");
      toasts.add({ title: t("passwordChanged") });
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    changing.mutate();
  };
  return (
    <Card>
      <form onSubmit={submit} className={styles.section}>
        <div>
          <h2>{t("password")}</h2>
          <p className={styles.hint}>{t("passwordText")}</p>
        </div>
        {isWrong(changing.error) && <Note tone="bad" title={t("passwordWrong")} />}
        {changing.error && !isWrong(changing.error) && <ProblemNote error={changing.error} />}
        <div className={styles.fields}>
          <PasswordField
            label={t("passwordNow")}
            kind="current"
            value={current}
            onChange={setCurrent}
          />
          <PasswordField label={t("passwordNew")} kind="new" value={wanted} onChange={setWanted} />
        </div>
        <div>
          <Button type="submit" busy={changing.isPending}>
            {t("passwordChange")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
