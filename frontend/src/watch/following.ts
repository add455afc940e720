import { useQueryClient } from "@tanstack/react-query";
import { ApiProblem, type Connection, type Dub, type Progress } from "polydub-client";
import { useEffect, useRef, useState } from "react";
import { polydub } from "../api/polydub";
import { dubKey } from "../api/queries";
import { hasEnded } from "./stages";

/** Files, warnings and what was found out are fetched again at most this often. */
const FACTS_EVERY_MS = 2500;

export interface Following {
  /** What was told last; null: nothing yet. */
  progress: Progress | null;
  connection: Connection;
  problem: ApiProblem | null;
}

/**
 * A dub's progress as it happens. While the tab is hidden the line is let go, because a browser
 * has few of them; then it goes on where it was.
 */
export function useFollowing(dub: Dub): Following {
  const queryClient = useQueryClient();
  const isVisible = useVisible();
  const [following, setFollowing] = useState<Following>(NOTHING);
  const after = useRef({ dub: "", sequence: 0 });
  const { id, revision } = dub;
  const isRunning = !hasEnded(dub.state);

  useEffect(() => {
    if (!isRunning || !isVisible) return;
    const stop = new AbortController();
    const attempt = `${id}/${revision}`;
    if (after.current.dub !== attempt) after.current = { dub: attempt, sequence: 0 };
    let factsAt = Date.now();
    const fetchFacts = () => {
      factsAt = Date.now();
      void queryClient.invalidateQueries({ queryKey: dubKey(id) });
    };
    const follow = async () => {
      const told = polydub.followDub(id, {
        after: after.current.sequence,
        signal: stop.signal,
        onConnection: (connection) => setFollowing((now) => ({ ...now, connection })),
      });
      for await (const { sequence, message } of told) {
        after.current.sequence = sequence;
        setFollowing((now) => ({ ...now, progress: message }));
        if (message.type === "ended" || Date.now() - factsAt > FACTS_EVERY_MS) fetchFacts();
      }
      if (!stop.signal.aborted) fetchFacts();
    };
    follow().catch((problem: unknown) => {
      if (!(problem instanceof ApiProblem)) throw problem;
      setFollowing((now) => ({ ...now, problem }));
    });
    return () => stop.abort();
  }, [id, revision, isRunning, isVisible, queryClient]);

  const isCurrent = following.progress?.job_id === id;
  return isCurrent ? following : { ...following, progress: null };
}

const NOTHING: Following = { progress: null, connection: "connecting", problem: null };

function useVisible(): boolean {
  const [isVisible, setIsVisible] = useState(() => !document.hidden);
  useEffect(() => {
    const look = () => setIsVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return isVisible;
}
