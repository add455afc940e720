import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { answer } from "polydub-client";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Door, DoorTitle } from "../app/Door";
import { Button } from "../design/Button";
import { Field, Input, PasswordField } from "../design/fields";
import { ProblemNote } from "../design/ProblemNote";
import styles from "./Settings.module.css";

/** Where an invitation's link leads. Its token stands behind the #, which no server is told. */
export function JoinPage() {
  return (
    <Door>
      <Join />
    </Door>
  );
}

function Join() {
  const { t } = useTranslation("settings");
  const [token, setToken] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState("");
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const joining = useMutation({
    mutationFn: () =>
      answer(
        polydub.http.POST("/v1/auth/invitations/accept", {
          body: { token: token.trim(), password, cookie: true },
        }),
      ),
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ to: "/", replace: true });
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    joining.mutate();
  };
  return (
    <form onSubmit={submit} className={styles.section}>
      <div>
        <DoorTitle>{t("joinTitle")}</DoorTitle>
        <p className={styles.hint}>{t("joinText")}</p>
      </div>
      {joining.error && <ProblemNote error={joining.error} />}
      <Field label={t("inviteToken")}>
        {(ids) => (
          <Input
            {...ids}
            dir="ltr"
            required
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
      </Field>
      <PasswordField
        label={t("joinPassword")}
        hint={t("joinPasswordText")}
        kind="new"
        value={password}
        onChange={setPassword}
      />
      <Button type="submit" kind="primary" large busy={joining.isPending}>
        {t("join")}
      </Button>
      <p className={styles.hint}>
        <Link to="/sign-in">{t("joinInstead")}</Link>
      </p>
    </form>
  );
}
