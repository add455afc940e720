import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { answer, ApiProblem } from "polydub-client";
import { Suspense, useEffect, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { meQuery, waysQuery } from "../api/queries";
import { Brand } from "../app/Brand";
import { RoutePending } from "../app/RouteStates";
import { LanguageSwitch, ThemeSwitch } from "../app/Switches";
import { Button, buttonLook } from "../design/Button";
import { Field, Input } from "../design/fields";
import { Card, Note, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import styles from "./SignIn.module.css";

export function SignInPage() {
  return (
    <main className={styles.page}>
      <Suspense fallback={<RoutePending />}>
        <SignIn />
      </Suspense>
    </main>
  );
}

function SignIn() {
  const { t } = useTranslation("sign-in");
  const { data: ways, error, refetch } = useQuery(waysQuery);
  const enter = useEnter();
  useEffect(() => {
    document.title = `${t("title")} · Polydub`;
  }, [t]);
  useEffect(() => {
    if (ways && !ways.accounts) void enter(); // nobody needs to sign in here
  }, [ways, enter]);
  return (
    <div className={styles.box}>
      <p className={styles.brand}>
        <Brand />
      </p>
      <Card className={styles.card}>
        <h1>{t("title")}</h1>
        {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
        {!ways && !error && <Skeleton height="12rem" />}
        {ways?.password && <PasswordForm onDone={enter} />}
        {ways?.password && ways.oidc && <p className={styles.or}>{t("or")}</p>}
        {ways?.oidc && <ProviderButton />}
      </Card>
      <div className={styles.tools}>
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </div>
  );
}

function PasswordForm({ onDone }: { onDone: () => Promise<void> }) {
  const { t } = useTranslation("sign-in");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const entering = useMutation({
    mutationFn: () =>
      answer(polydub.http.POST("/v1/auth/login", { body: { email, password, cookie: true, organisation_id: "" } })),
    onSuccess: onDone,
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  const isWrong = entering.error instanceof ApiProblem && entering.error.status === 401;
  return (
    <form onSubmit={submit} className={styles.form}>
      {isWrong && (
        <Note tone="bad" title={t("wrong")}>
          {t("wrongText")}
        </Note>
      )}
      {entering.error && !isWrong && <ProblemNote error={entering.error} />}
      <Field label={t("email")}>
        {(ids) => (
          <Input
            {...ids}
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("password")}>
        {(ids) => (
          <Input
            {...ids}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" kind="primary" large busy={entering.isPending}>
        {t("enter")}
      </Button>
    </form>
  );
}

function ProviderButton() {
  const { t } = useTranslation("sign-in");
  const { next = "/" } = useSearch({ from: "/sign-in" });
  return (
    <a
      className={buttonLook({ large: true })}
      href={`/v1/auth/oidc/login?return_to=${encodeURIComponent(next)}`}
    >
      {t("provider")}
    </a>
  );
}

/** Goes to where somebody wanted to be. */
function useEnter(): () => Promise<void> {
  const queryClient = useQueryClient();
  const router = useRouter();
  const { next = "/" } = useSearch({ from: "/sign-in" });
  const [enter] = useState(() => async () => {
    await queryClient.query({ ...meQuery, staleTime: 0 });
    router.history.push(next);
  });
  return enter;
}
