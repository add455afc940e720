import { ApiProblem, type Fault } from "polydub-client";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type problems from "../i18n/messages/en/problems.json";
import { Button } from "./Button";
import { Note } from "./parts";
import { repeats } from "./sentences";

interface Told {
  title: string;
  hint: ReactNode;
}

/** Each stands for many things: which of them it is, only the gateway's sentence says. */
const BROAD: ReadonlySet<string> = new Set([
  "address_refused",
  "conflict",
  "engine_failed",
  "engine_unavailable",
  "forbidden",
  "gone",
  "import_failed",
  "invalid_request",
  "media_too_large",
  "media_unreadable",
  "quota_exceeded",
  "unsupported_language_pair",
] satisfies (keyof typeof problems)[]);

/**
 * What went wrong, in the page's language where the code is known there, with the gateway's sentence
 * where that says more; the gateway's own words otherwise.
 */
export function useProblemText(): (error: unknown) => Told {
  const { t, i18n } = useTranslation("problems");
  return (error) => {
    const { code, message, hint } = factsOf(error);
    if (i18n.exists(code, { ns: "problems" }) && i18n.language !== "en") {
      const hintKey = `${code}.hint`;
      const advice = i18n.exists(hintKey, { ns: "problems" }) ? t(hintKey as "internal.hint") : "";
      const isBroad = BROAD.has(code) && message !== "";
      return {
        title: t(code as "internal"),
        hint: isBroad ? <bdi lang="en">{message}</bdi> : advice,
      };
    }
    return { title: message || t("internal"), hint: repeats(hint, message) ? "" : hint };
  };
}

function factsOf(error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof ApiProblem) return error;
  if (isFault(error)) return error;
  return { code: "internal", message: "", hint: "" };
}

function isFault(error: unknown): error is Fault {
  return typeof error === "object" && error !== null && "code" in error && "hint" in error;
}

export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const { title, hint } = useProblemText()(error);
  return (
    <Note
      tone="bad"
      title={title}
      action={
        onRetry && (
          <Button icon="retry" onClick={onRetry}>
            {t("tryAgain")}
          </Button>
        )
      }
    >
      {hint}
    </Note>
  );
}
