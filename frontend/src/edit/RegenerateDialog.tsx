import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer } from "polydub-client";
import { useState, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { DUBS_KEY, dubKey } from "../api/queries";
import { Button } from "../design/Button";
import { Note, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import styles from "./Edit.module.css";
import { Popup } from "./Popup";
import { written } from "./timeline";
import { useEdited, useWorkplace } from "./workplace";

const SHOWN_AT_MOST = 50;

/** What will be made anew, before it is. */
export function RegenerateDialog({ trigger }: { trigger: ReactElement }) {
  const { t } = useTranslation("edit");
  const [isOpen, setOpen] = useState(false);
  return (
    <Popup title={t("regenerate.title")} trigger={trigger} open={isOpen} onOpenChange={setOpen}>
      <Regenerating />
    </Popup>
  );
}

function Regenerating() {
  const { t } = useTranslation("edit");
  const { editor, dub } = useWorkplace();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const affected = useEdited((state) => state.affected);
  const stale = useEdited((state) => state.staleLanguages);
  // Everything is saved first, so that what is told is what will be done.
  const saving = useQuery({
    queryKey: ["saved", dub.id],
    gcTime: 0,
    retry: false,
    queryFn: async () => {
      const isSaved = await editor.flush();
      await editor.refresh();
      return isSaved;
    },
  });
  const regenerating = useMutation({
    mutationFn: () =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/regenerate", {
          params: { path: { dub_id: dub.id } },
        }),
      ),
    onSuccess: async (made) => {
      queryClient.setQueryData(dubKey(dub.id), made.dub);
      void queryClient.invalidateQueries({ queryKey: DUBS_KEY });
      await navigate({ to: "/dubs/$dubId", params: { dubId: dub.id } });
    },
  });
  if (saving.isFetching) return <Skeleton height="8rem" />;
  if (saving.error) return <ProblemNote error={saving.error} onRetry={() => void saving.refetch()} />;
  const languages = Object.keys(affected).filter(
    (tag) => stale.includes(tag) || (affected[tag]?.length ?? 0) > 0,
  );
  return (
    <>
      {saving.data === false && (
        <Note tone="bad" title={t("regenerate.unsaved")}>
          {t("regenerate.unsavedText")}
        </Note>
      )}
      {languages.length === 0 ? (
        <p>{t("regenerate.nothing")}</p>
      ) : (
        <p>{t("regenerate.text")}</p>
      )}
      {languages.map((tag) => (
        <AffectedLines key={tag} language={tag} ids={affected[tag] ?? []} />
      ))}
      {regenerating.error && <ProblemNote error={regenerating.error} />}
      <div className={styles.popupActions}>
        <Button
          kind="primary"
          icon="retry"
          disabled={languages.length === 0 || saving.data === false}
          busy={regenerating.isPending}
          onClick={() => regenerating.mutate()}
        >
          {t("regenerate.start")}
        </Button>
      </div>
    </>
  );
}

function AffectedLines({ language, ids }: { language: string; ids: readonly string[] }) {
  const { t } = useTranslation("edit");
  const entries = useEdited((state) => state.entries);
  const format = useFormat();
  return (
    <section className={styles.affected}>
      <h3>{format.language(language)}</h3>
      <p className={styles.hint}>
        {ids.length > 0 ? t("regenerate.lines", { count: ids.length }) : t("regenerate.mix")}
      </p>
      <ul>
        {ids.slice(0, SHOWN_AT_MOST).map((id) => {
          const line = entries.get(id)?.line;
          return (
            line && (
              <li key={id}>
                <span className={styles.time} dir="ltr">
                  {written(line.startMs)}
                </span>{" "}
                <span dir="auto">{line.translations[language] ?? line.text}</span>
              </li>
            )
          );
        })}
      </ul>
    </section>
  );
}
