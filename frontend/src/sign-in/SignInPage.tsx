import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { answer, ApiProblem } from "polydub-client";
import { useEffect, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { meQuery, waysQuery } from "../api/queries";
import { Door, DoorTitle } from "../app/Door";
import { Button, buttonLook } from "../design/Button";
import { Field, Input, PasswordField } from "../design/fields";
import { Note, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { ProviderFailure } from "./ProviderFailure";
import styles from "./SignIn.module.css";

export function SignInPage() {
  return (
    <Door>
      <SignIn />
    </Door>
  );
}

function SignIn() {
  const { t } = useTranslation("sign-in");
  const { data: ways, error, refetch } = useQuery(waysQuery);
  const { error: failure } = useSearch({ from: "/sign-in" });
  const enter = useEnter();
  useEffect(() => {
    if (ways && !ways.accounts) void enter(); // nobody needs to sign in here
  }, [ways, enter]);
  return (
    <>
      <DoorTitle>{t("title")}</DoorTitle>
      {failure !== undefined && <ProviderFailure code={failure} />}
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!ways && !error && <Skeleton height="12rem" />}
      {ways?.password && <PasswordForm onDone={enter} />}
      {ways?.password && ways.oidc && <p className={styles.or}>{t("or")}</p>}
      {ways?.oidc && <ProviderButton />}
    </>
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
      <PasswordField
        label={t("password")}
        kind="current"
        value={password}
        onChange={setPassword}
      />
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
