import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Empty } from "../design/parts";

/** Stands for a route that needs the gateway while there is no way to it. */
export function Unreachable({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    addEventListener("online", onRetry);
    return () => removeEventListener("online", onRetry);
  }, [onRetry]);
  return (
    <Empty
      isWhole
      icon="globe"
      title={t("unreachable")}
      action={
        <Button icon="retry" onClick={onRetry}>
          {t("tryAgain")}
        </Button>
      }
    >
      {t("unreachableText")}
    </Empty>
  );
}
