import { useTranslation } from "react-i18next";
import { Note } from "../design/parts";

/** Why the gateway sent somebody back here who went to sign in with their organisation. */
export function ProviderFailure({ code }: { code: string }) {
  const { t, i18n } = useTranslation(["sign-in", "problems"]);
  const known = i18n.exists(code, { ns: "problems" }) ? code : "internal.hint";
  const ours: Partial<Record<string, string>> = {
    unauthenticated: t("notConfirmed"),
    forbidden: t("notInvited"),
  };
  return (
    <Note tone="bad" title={t("failed")}>
      {ours[code] ?? t(known as "internal", { ns: "problems" })}
    </Note>
  );
}
