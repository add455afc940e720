import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { buttonLook } from "../design/Button";
import { Note } from "../design/parts";

/** The dub is being made: nothing of it can be corrected meanwhile. */
export function BeingMade({ dubId, children }: { dubId: string; children: ReactNode }) {
  const { t } = useTranslation("edit");
  return (
    <Note
      tone="active"
      title={t("working")}
      action={
        <Link to="/dubs/$dubId" params={{ dubId }} className={buttonLook()}>
          {t("toDub")}
        </Link>
      }
    >
      {children}
    </Note>
  );
}
