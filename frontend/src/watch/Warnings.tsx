import { Collapsible } from "@base-ui/react/collapsible";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Dub } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { linesOfDub } from "../compare/film";
import { Icon } from "../design/Icon";
import { Card } from "../design/parts";
import { useFormat } from "../i18n/format";
import styles from "./Dub.module.css";
import { grouped, type NoticeGroup } from "./notices";
import { isCorrectable, isDelivered, STAGES, type StageName } from "./stages";

const SHOWN_AT_ONCE = 5;
const SENTENCES_AT_ONCE = 2;

/** What the stages say about their results. */
export function Warnings({ dub }: { dub: Dub }) {
  const { t } = useTranslation("dub");
  useTranslation("warnings"); // fetched with the route: notices come while people look at it
  const [isOpen, setOpen] = useState(false);
  const groups = grouped(dub.warnings);
  if (groups.length === 0) return null;
  const rest = groups.slice(SHOWN_AT_ONCE);
  return (
    <Card className={styles.section}>
      <h2>{t("warnings", { count: groups.length })}</h2>
      <GroupList groups={groups.slice(0, SHOWN_AT_ONCE)} dub={dub} />
      {rest.length > 0 && (
        <Collapsible.Root open={isOpen} onOpenChange={setOpen}>
          <Collapsible.Trigger className={styles.moreWarnings}>
            {isOpen ? t("fewerWarnings") : t("moreWarnings", { count: rest.length })}
            <Icon name="chevron" size={18} />
          </Collapsible.Trigger>
          <Collapsible.Panel>
            <GroupList groups={rest} dub={dub} />
          </Collapsible.Panel>
        </Collapsible.Root>
      )}
    </Card>
  );
}

function GroupList({ groups, dub }: { groups: readonly NoticeGroup[]; dub: Dub }) {
  return (
    <ul className={styles.notices}>
      {groups.map((group) => (
        <li key={`${group.code}/${group.stage}/${group.language}`}>
          <Group group={group} dub={dub} />
        </li>
      ))}
    </ul>
  );
}

/** A code that a newer stage has brought is told in the stage's words alone. */
function Group({ group, dub }: { group: NoticeGroup; dub: Dub }) {
  const { t, i18n } = useTranslation("warnings");
  const { code, sentences } = group;
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
      <Where {...group} />
      {group.lineIds.length > 0 && isCorrectable(dub) && <LineLinks {...group} dub={dub} />}
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

const LINKS_AT_ONCE = 12;

/** When each line is said; leads to where it is corrected. */
function LineLinks({ lineIds, language, dub }: Pick<NoticeGroup, "lineIds" | "language"> & { dub: Dub }) {
  const { t } = useTranslation("dub");
  const { t: compare } = useTranslation("compare");
  const format = useFormat();
  const shown = language || (dub.languages.find((each) => isDelivered(each.state))?.language ?? "");
  const { data } = useQuery(linesOfDub(dub)(shown));
  const lines = data?.lines.filter(({ id }) => lineIds.includes(id)) ?? [];
  if (lines.length === 0) return null;
  const links = lines.map(({ id, original }) => (
    <li key={id}>
      <Link
        to="/dubs/$dubId/edit"
        params={{ dubId: dub.id }}
        search={{ language: shown, line: id }}
        aria-label={t("warnings.correctAt", { time: format.clock(original.startS) })}
      >
        {format.clock(original.startS)}
      </Link>
    </li>
  ));
  const rest = links.slice(LINKS_AT_ONCE);
  return (
    <>
      <ul className={styles.noticeLines}>{links.slice(0, LINKS_AT_ONCE)}</ul>
      {rest.length > 0 && (
        <details className={styles.noticeDetails}>
          <summary>{compare("moreLines", { count: rest.length })}</summary>
          <ul className={styles.noticeLines}>{rest}</ul>
        </details>
      )}
    </>
  );
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
