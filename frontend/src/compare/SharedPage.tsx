import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ApiProblem, type SharedDub } from "polydub-client";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Brand } from "../app/Brand";
import shell from "../app/Shell.module.css";
import { LanguageSwitch, ThemeSwitch } from "../app/Switches";
import { Card, Empty, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import styles from "./Compare.module.css";
import { ComparePlayer } from "./ComparePlayer";
import { DownloadAll, FileList } from "./FileList";
import { filmOfShared, linesOfFiles, sharedQuery } from "./film";
import { playableLanguages } from "./sources";

/** How often a dub that is still being made is looked at again. */
const AGAIN_MS = 5000;

/** A dub as somebody sees it who was given the link. */
export function SharedPage() {
  const { token } = useParams({ from: "/shared/$token" });
  const { t } = useTranslation("compare");
  const { data, error, refetch } = useQuery({
    ...sharedQuery(token),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? AGAIN_MS : false),
  });
  if (data) return <Frame><Shared shared={data} /></Frame>;
  if (error instanceof ApiProblem && error.status === 404) {
    return (
      <Frame>
        <Empty icon="link" title={t("shared.gone")}>
          {t("shared.goneText")}
        </Empty>
      </Frame>
    );
  }
  return (
    <Frame>
      {error ? <ProblemNote error={error} onRetry={() => void refetch()} /> : <Skeleton height="24rem" />}
    </Frame>
  );
}

function Frame({ children }: { children: ReactNode }) {
  return (
    <div className={shell.shell}>
      <header className={shell.header}>
        <div className={shell.bar}>
          <span className={shell.brand}>
            <Brand />
          </span>
          <div className={styles.push}>
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </div>
      </header>
      <main className={shell.main}>{children}</main>
    </div>
  );
}

function Shared({ shared }: { shared: SharedDub }) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const film = useMemo(() => filmOfShared(shared), [shared]);
  return (
    <>
      <PageHead
        title={shared.filename}
        lead={t("shared.until", { moment: format.date(shared.expires_at) })}
      />
      <div className={styles.page}>
        {playableLanguages(film).length > 0 ? (
          <ComparePlayer film={film} linesQuery={linesOfFiles(film.languages)} />
        ) : (
          <Empty icon="film" title={t("shared.nothing")} />
        )}
        {shared.downloads && <Downloads shared={shared} />}
      </div>
    </>
  );
}

function Downloads({ shared }: { shared: SharedDub }) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const all = [...shared.languages.flatMap((each) => each.artifacts), ...shared.artifacts];
  return (
    <Card className={styles.downloads}>
      <div className={styles.qualityHead}>
        <h2>{t("files")}</h2>
        <DownloadAll files={all} />
      </div>
      {shared.languages.map(({ language, artifacts }) => (
        <div key={language}>
          <h3>{format.language(language)}</h3>
          <FileList files={artifacts} />
        </div>
      ))}
      {shared.artifacts.length > 0 && (
        <div>
          <h3>{t("wholeFiles")}</h3>
          <FileList files={shared.artifacts} />
        </div>
      )}
    </Card>
  );
}

function isUnderWay(shared: SharedDub): boolean {
  return shared.languages.some(({ state }) => state === "queued" || state === "processing");
}
