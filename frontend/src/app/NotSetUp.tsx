import { useTranslation } from "react-i18next";
import { useMay } from "./role";

interface NotSetUpProps {
  /** Goes before the remedy, for those who are told it. */
  what: string;
  /** What has to be done on the server, in English. */
  remedy: string;
}

/** Why something can't be done here: to those who may change that, how; to others, whom to ask. */
export function NotSetUp({ what, remedy }: NotSetUpProps) {
  const { t } = useTranslation();
  const { administer } = useMay();
  if (!administer || !remedy) return t("notSetUp");
  return (
    <>
      {what} <bdi lang="en">{remedy}</bdi>
    </>
  );
}
