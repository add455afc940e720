import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Icon } from "../design/Icon";
import { backLook, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { GlossaryEditor } from "./GlossaryEditor";
import { glossaryQuery } from "./queries";

export function GlossaryPage() {
  const { t } = useTranslation("words");
  const { glossaryId } = useParams({ from: "/inside/glossaries/$glossaryId" });
  return (
    <>
      <p>
        <Link to="/glossaries" className={backLook}>
          <Icon name="back" size={18} />
          {t("glossaries")}
        </Link>
      </p>
      {glossaryId === "new" ? (
        <GlossaryEditor key="new" glossary={null} onReload={() => undefined} />
      ) : (
        <Known key={glossaryId} glossaryId={glossaryId} />
      )}
    </>
  );
}

function Known({ glossaryId }: { glossaryId: string }) {
  const { data, error, refetch, dataUpdatedAt } = useQuery(glossaryQuery(glossaryId));
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height="24rem" />;
  return (
    <GlossaryEditor key={dataUpdatedAt} glossary={data} onReload={() => void refetch()} />
  );
}
