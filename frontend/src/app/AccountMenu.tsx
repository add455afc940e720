import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer } from "polydub-client";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { meQuery, waysQuery } from "../api/queries";
import { IconButton } from "../design/Button";
import { Actions } from "../design/Choices";

/** Who is signed in; nothing where nobody has to be. */
export function AccountMenu() {
  const { t } = useTranslation();
  const { data: ways } = useQuery(waysQuery);
  const { data: me } = useQuery(meQuery);
  const signOut = useSignOut();
  if (!ways?.accounts || !me) return null;
  return (
    <Actions
      trigger={<IconButton icon="user" label={t("account")} />}
      heading={me.email}
      actions={[{ label: t("signOut"), icon: "arrow", onChoose: () => void signOut() }]}
    />
  );
}

function useSignOut(): () => Promise<void> {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await answer(polydub.http.POST("/v1/auth/logout"));
    queryClient.clear();
    await navigate({ to: "/sign-in" });
  };
}
