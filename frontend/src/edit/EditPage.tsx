import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ApiProblem, type Dub, type Script } from "polydub-client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { dubQuery, meQuery, videoQuery } from "../api/queries";
import { buttonLook } from "../design/Button";
import { Note, PageHead, Skeleton } from "../design/parts";
import { ProblemNote, useProblemText } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import { hasEnded } from "../watch/stages";
import { scriptApi, wholeScript } from "./api";
import { PlayClock } from "./clock";
import { Desk } from "./Desk";
import { Editor } from "./editor";
import { PreviewContext, useNewPreview } from "./trying";
import { WorkplaceContext } from "./workplace";

/** Correcting a dub: its lines, who says them, and how. */
export function EditPage() {
  const { dubId } = useParams({ from: "/inside/dubs/$dubId/edit" });
  useTranslation(["edit", "speakers"]); // fetched while the script is
  const { data: dub, error, refetch } = useQuery(dubQuery(dubId));
  if (error && !dub) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!dub) return <Skeleton height="24rem" />;
  if (!hasEnded(dub.state)) return <StillWorking dub={dub} />;
  return <WithScript key={`${dub.id}/${dub.revision}`} dub={dub} />;
}

function StillWorking({ dub }: { dub: Dub }) {
  const { t } = useTranslation("edit");
  return (
    <>
      <PageHead title={dub.filename} />
      <Note
        tone="active"
        title={t("working")}
        action={
          <Link to="/dubs/$dubId" params={{ dubId: dub.id }} className={buttonLook()}>
            {t("toDub")}
          </Link>
        }
      >
        {t("workingText")}
      </Note>
    </>
  );
}

function WithScript({ dub }: { dub: Dub }) {
  const language = useLanguage(dub);
  const video = useQuery(videoQuery(dub.video_id));
  const [first] = useState(language);
  const script = useQuery({
    queryKey: ["script", dub.id, dub.revision],
    gcTime: 0,
    staleTime: Infinity,
    refetchOnReconnect: false,
    queryFn: ({ signal }) => wholeScript(dub.id, first, signal),
  });
  const error = script.error ?? video.error;
  if (error) {
    const again = () => void Promise.all([script.refetch(), video.refetch()]);
    return <ProblemNote error={error} onRetry={again} />;
  }
  if (!script.data || !video.data) return <Skeleton height="32rem" />;
  const talkMs = Math.round(video.data.duration_s * 1000);
  return <Working dub={dub} script={script.data} talkMs={talkMs} language={language} />;
}

/** The language that is asked for in the address, else the dub's first. */
function useLanguage(dub: Dub): string {
  const { language } = useSearch({ from: "/inside/dubs/$dubId/edit" });
  const known = dub.target_languages.find((tag) => tag === language);
  return known ?? dub.target_languages[0] ?? "";
}

interface WorkingProps {
  dub: Dub;
  script: Script;
  talkMs: number;
  language: string;
}

function Working({ dub, script, talkMs, language }: WorkingProps) {
  const navigate = useNavigate({ from: "/dubs/$dubId/edit" });
  const editor = useNewEditor({ dub, script, talkMs, language });
  const [clock] = useState(() => new PlayClock());
  const preview = useNewPreview();
  const { data: me } = useQuery(meQuery);
  const canEdit = me != null && me.role !== "viewer" && !me.read_only;
  return (
    <WorkplaceContext value={{ dub, editor, clock, language, canEdit }}>
      <PreviewContext value={preview}>
        <Desk
          onLanguage={(chosen) => void navigate({ search: { language: chosen }, replace: true })}
        />
      </PreviewContext>
    </WorkplaceContext>
  );
}

/** An editor that saves what is left to be saved when it is left, and asks before the tab goes. */
function useNewEditor({ dub, script, talkMs, language }: WorkingProps): Editor {
  const problemText = useProblemText();
  const { t } = useTranslation("edit");
  const [editor] = useState(
    () =>
      new Editor({
        api: scriptApi(dub.id),
        script,
        talkMs,
        language,
        languages: dub.target_languages,
        onProblem: (problem) => {
          const { title, hint } = problemText(problem);
          const isOutdated = problem instanceof ApiProblem && problem.status === 412;
          toasts.add({
            title: isOutdated ? t("conflict.title") : title,
            description: isOutdated ? t("conflict.again") : hint,
            type: "bad",
            priority: "high",
          });
        },
      }),
  );
  useEffect(() => {
    editor.lookAt(language).catch(() => undefined); // how lines fit is seen with the next look
  }, [editor, language]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (!editor.isSaved()) event.preventDefault();
    };
    const again = () => editor.retry();
    window.addEventListener("beforeunload", ask);
    window.addEventListener("online", again);
    return () => {
      window.removeEventListener("beforeunload", ask);
      window.removeEventListener("online", again);
      void editor.flush();
    };
  }, [editor]);
  return editor;
}
