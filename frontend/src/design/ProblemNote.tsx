import { ApiProblem, type Fault } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Note } from "./parts";

interface Told {
  title: string;
  hint: string;
}

/**
 * What went wrong, in the page's language where the code is known there; the gateway's own words
 * otherwise.
 */
export function useProblemText(): (error: unknown) => Told {
  const { t, i18n } = useTranslation("problems");
  return (error) => {
    const { code, message, hint } = factsOf(error);
    if (i18n.exists(code, { ns: "problems" }) && i18n.language !== "en") {
      const hintKey = `${code}.hint`;
      return {
        title: t(code as "internal"),
        hint: i18n.exists(hintKey, { ns: "problems" }) ? t(hintKey as "internal.hint") : "",
      };
    }
    return { title: message || t("internal"), hint };
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
