import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Glossary } from "polydub-client";
import { useTranslation } from "react-i18next";
import { glossariesQuery } from "../api/queries";
import { usePending } from "../app/deletions";
import { useMay } from "../app/role";
import { buttonLook, IconButton } from "../design/Button";
import { Icon } from "../design/Icon";
import { aboveRowLink, Empty, PageHead, rowLinkLook, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { glossaryDeletions } from "./deleting";
import styles from "./Words.module.css";
import { WordsTabs } from "./WordsTabs";

export function GlossariesPage() {
  const { t } = useTranslation("words");
  const may = useMay();
  const { data, error, refetch } = useQuery(glossariesQuery);
  const pending = usePending(glossaryDeletions);
  const glossaries = data?.glossaries.filter((each) => !pending.has(each.id));
  return (
    <>
      <PageHead title={t("glossaries")} lead={t("glossariesText")}>
        {may.edit && <NewGlossary />}
      </PageHead>
      <WordsTabs />
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!glossaries && !error && <Skeleton height="14rem" />}
      {glossaries?.length === 0 && (
        <Empty icon="book" title={t("noGlossaries")}>
          {t("noGlossariesText")}
        </Empty>
      )}
      <ul className={styles.list}>
        {glossaries?.map((each) => (
          <GlossaryRow key={each.id} glossary={each} mayEdit={may.edit} />
        ))}
      </ul>
    </>
  );
}

function NewGlossary() {
  const { t } = useTranslation("words");
  return (
    <Link
      to="/glossaries/$glossaryId"
      params={{ glossaryId: "new" }}
      className={buttonLook({ kind: "primary" })}
    >
      <Icon name="plus" size={18} />
      {t("newGlossary")}
    </Link>
  );
}

function GlossaryRow({ glossary, mayEdit }: { glossary: Glossary; mayEdit: boolean }) {
  const { t } = useTranslation("words");
  const { t: common } = useTranslation();
  const format = useFormat();
  const languages = [...new Set(glossary.terms.map((term) => term.target_language ?? ""))];
  const names = languages.map((tag) => (tag ? format.language(tag) : t("everyLanguage")));
  return (
    <li className={styles.card}>
      <div className={styles.cardText}>
        <h2 className={styles.cardTitle} dir="auto">
          <Link
            to="/glossaries/$glossaryId"
            params={{ glossaryId: glossary.id }}
            className={rowLinkLook}
          >
            {glossary.name}
          </Link>
        </h2>
        <p className={styles.facts}>
          {t("terms", { count: glossary.terms.length })}
          {names.length > 0 && ` · ${format.list(names)}`} ·{" "}
          <time dateTime={glossary.updated_at}>{format.ago(glossary.updated_at)}</time>
        </p>
      </div>
      {mayEdit && (
        <div className={aboveRowLink}>
          <IconButton
            icon="trash"
            label={common("deleteNamed", { name: glossary.name })}
            onClick={() => glossaryDeletions.begin(glossary, common)}
          />
        </div>
      )}
    </li>
  );
}
