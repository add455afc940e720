import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ApiProblem, type Dub, type Script } from "polydub-client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { LeaveGuard } from "../app/KeepingParts";
import { dubQuery, meQuery, videoQuery } from "../api/queries";
import { PageHead, Skeleton } from "../design/parts";
import { ProblemNote, useProblemText } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import { hasEnded } from "../watch/stages";
import { scriptApi, wholeScript } from "./api";
import { BeingMade } from "./BeingMade";
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
  return <WithScript key={dub.id} dub={dub} />;
}

/** Opens the script once: while the dub is made anew elsewhere, what is not saved yet stays. */
function WithScript({ dub }: { dub: Dub }) {
  const { t } = useTranslation("edit");
  const language = useLanguage(dub);
  const video = useQuery(videoQuery(dub.video_id));
  const [first] = useState(language);
  const [script, setScript] = useState<Script | null>(null);
  const isWorking = !hasEnded(dub.state);
  const loading = useQuery({
    queryKey: ["script", dub.id, dub.revision],
    enabled: script === null && !isWorking,
    gcTime: 0,
    staleTime: Infinity,
    refetchOnReconnect: false,
    queryFn: ({ signal }) => wholeScript(dub.id, first, signal),
  });
  if (script === null && loading.data) setScript(loading.data);
  if (script && video.data) {
    const talkMs = Math.round(video.data.duration_s * 1000);
    return <Working dub={dub} script={script} talkMs={talkMs} language={language} />;
  }
  if (isWorking) {
    return (
      <>
        <PageHead title={dub.filename} />
        <BeingMade dubId={dub.id}>{t("workingText")}</BeingMade>
      </>
    );
  }
  const error = loading.error ?? video.error;
  if (!error) return <Skeleton height="32rem" />;
  const again = () => void Promise.all([loading.refetch(), video.refetch()]);
  return <ProblemNote error={error} onRetry={again} />;
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
  const { t } = useTranslation("edit");
  const navigate = useNavigate({ from: "/dubs/$dubId/edit" });
  const editor = useNewEditor({ dub, script, talkMs, language });
  const [clock] = useState(() => new PlayClock());
  const preview = useNewPreview();
  const { data: me } = useQuery(meQuery);
  const canEdit = me != null && me.role !== "viewer" && !me.read_only && hasEnded(dub.state);
  return (
    <WorkplaceContext value={{ dub, editor, clock, language, canEdit }}>
      <PreviewContext value={preview}>
        <Desk
          onLanguage={(chosen) => void navigate({ search: { language: chosen }, replace: true })}
        />
        <LeaveGuard
          isChanged={() => !editor.isSaved()}
          settled={() => editor.flush()}
          title={t("leaveTitle")}
        />
      </PreviewContext>
    </WorkplaceContext>
  );
}

/** An editor that saves what is left to be saved when it is left. */
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
        dubRevision: dub.revision,
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
  const isWorking = !hasEnded(dub.state);
  useEffect(() => {
    if (!isWorking) void editor.catchUp(dub.revision);
  }, [editor, dub.revision, isWorking]);
  useEffect(() => {
    const again = () => editor.retry();
    window.addEventListener("online", again);
    return () => {
      window.removeEventListener("online", again);
      void editor.flush();
    };
  }, [editor]);
  return editor;
}
