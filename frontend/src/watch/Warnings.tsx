import { Collapsible } from "@base-ui/react/collapsible";
import type { Notice } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Icon } from "../design/Icon";
import { Card } from "../design/parts";
import { useFormat } from "../i18n/format";
import styles from "./Dub.module.css";
import { STAGES, type StageName } from "./stages";

const SHOWN_AT_ONCE = 5;

/** What the stages say about their results. */
export function Warnings({ notices }: { notices: readonly Notice[] }) {
  const { t } = useTranslation("dub");
  if (notices.length === 0) return null;
  const rest = notices.slice(SHOWN_AT_ONCE);
  return (
    <Card className={styles.section}>
      <h2>{t("warnings", { count: notices.length })}</h2>
      <NoticeList notices={notices.slice(0, SHOWN_AT_ONCE)} />
      {rest.length > 0 && (
        <Collapsible.Root>
          <Collapsible.Trigger className={styles.moreWarnings}>
            {t("moreWarnings", { count: rest.length })}
            <Icon name="chevron" size={18} />
          </Collapsible.Trigger>
          <Collapsible.Panel>
            <NoticeList notices={rest} />
          </Collapsible.Panel>
        </Collapsible.Root>
      )}
    </Card>
  );
}

function NoticeList({ notices }: { notices: readonly Notice[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className={styles.notices}>
      {notices.map((notice, n) => (
        <li key={n}>
          <p dir="auto">{notice.message}</p>
          <p className={styles.noticeWhere}>
            {[
              isStage(notice.stage) ? t(`stage.${notice.stage}`) : notice.stage,
              notice.language && format.language(notice.language),
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </li>
      ))}
    </ul>
  );
}

function isStage(name: string): name is StageName {
  return (STAGES as readonly string[]).includes(name);
}
