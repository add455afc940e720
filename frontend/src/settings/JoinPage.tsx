import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { answer } from "polydub-client";
import { Suspense, useEffect, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Brand } from "../app/Brand";
import { RoutePending } from "../app/RouteStates";
import { LanguageSwitch, ThemeSwitch } from "../app/Switches";
import { Button } from "../design/Button";
import { Field, Input } from "../design/fields";
import { Card } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import styles from "./Join.module.css";

/** Where an invitation's link leads. Its token stands behind the #, which no server is told. */
export function JoinPage() {
  return (
    <main className={styles.page}>
      <Suspense fallback={<RoutePending />}>
        <Join />
      </Suspense>
    </main>
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
  useEffect(() => {
    document.title = `${t("joinTitle")} · Polydub`;
  }, [t]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    joining.mutate();
  };
  return (
    <div className={styles.box}>
      <p className={styles.brand}>
        <Brand />
      </p>
      <Card>
        <form onSubmit={submit} className={styles.form}>
          <div>
            <h1>{t("joinTitle")}</h1>
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
          <Field label={t("joinPassword")} hint={t("joinPasswordText")}>
            {(ids) => (
              <Input
                {...ids}
                type="password"
                required
                autoComplete="new-password"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" kind="primary" large busy={joining.isPending}>
            {t("join")}
          </Button>
          <p className={styles.hint}>
            <Link to="/sign-in">{t("joinInstead")}</Link>
          </p>
        </form>
      </Card>
      <div className={styles.tools}>
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </div>
  );
}
