import { Collapsible } from "@base-ui/react/collapsible";
import type { Notice } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Icon } from "../design/Icon";
import { Card } from "../design/parts";
import { useFormat } from "../i18n/format";
import styles from "./Dub.module.css";
import { grouped, type NoticeGroup } from "./notices";
import { STAGES, type StageName } from "./stages";

const SHOWN_AT_ONCE = 5;
const SENTENCES_AT_ONCE = 2;

/** What the stages say about their results. */
export function Warnings({ notices }: { notices: readonly Notice[] }) {
  const { t } = useTranslation("dub");
  useTranslation("warnings"); // fetched with the route: notices come while people look at it
  const groups = grouped(notices);
  if (groups.length === 0) return null;
  const rest = groups.slice(SHOWN_AT_ONCE);
  return (
    <Card className={styles.section}>
      <h2>{t("warnings", { count: groups.length })}</h2>
      <GroupList groups={groups.slice(0, SHOWN_AT_ONCE)} />
      {rest.length > 0 && (
        <Collapsible.Root>
          <Collapsible.Trigger className={styles.moreWarnings}>
            {t("moreWarnings", { count: rest.length })}
            <Icon name="chevron" size={18} />
          </Collapsible.Trigger>
          <Collapsible.Panel>
            <GroupList groups={rest} />
          </Collapsible.Panel>
        </Collapsible.Root>
      )}
    </Card>
  );
}

function GroupList({ groups }: { groups: readonly NoticeGroup[] }) {
  return (
    <ul className={styles.notices}>
      {groups.map((group) => (
        <li key={`${group.code}/${group.stage}/${group.language}`}>
          <Group group={group} />
        </li>
      ))}
    </ul>
  );
}

/** A code that a newer stage has brought is told in the stage's words alone. */
function Group({ group: { code, sentences, ...where } }: { group: NoticeGroup }) {
  const { t, i18n } = useTranslation("warnings");
  const isKnown = i18n.exists(code, { ns: "warnings" });
  const [first = "", ...others] = sentences;
  return (
    <>
      {isKnown ? (
        <p className={styles.noticeTitle}>{t(code as "low_confidence")}</p>
      ) : (
        <p>
          <bdi lang="en">{first}</bdi>
        </p>
      )}
      <Where {...where} />
      <Sentences sentences={isKnown ? sentences : others} />
    </>
  );
}

/** How many lines it is about, who says so, and of which language. */
function Where({ lines, stage, language }: Pick<NoticeGroup, "lines" | "stage" | "language">) {
  const { t } = useTranslation();
  const { t: dub } = useTranslation("dub");
  const format = useFormat();
  const facts = [
    lines > 0 && dub("warnings.lines", { count: lines }),
    isStage(stage) ? t(`stage.${stage}`) : stage,
    language && format.language(language),
  ];
  return <p className={styles.noticeWhere}>{facts.filter(Boolean).join(" · ")}</p>;
}

function Sentences({ sentences }: Pick<NoticeGroup, "sentences">) {
  const { t } = useTranslation("dub");
  if (sentences.length === 0) return null;
  const list = (
    <ul className={styles.noticeSentences}>
      {sentences.map((sentence) => (
        <li key={sentence}>
          <bdi lang="en">{sentence}</bdi>
        </li>
      ))}
    </ul>
  );
  if (sentences.length <= SENTENCES_AT_ONCE) return list;
  return (
    <details className={styles.noticeDetails}>
      <summary>{t("warnings.details", { count: sentences.length })}</summary>
      {list}
    </details>
  );
}

function isStage(name: string): name is StageName {
  return (STAGES as readonly string[]).includes(name);
}
