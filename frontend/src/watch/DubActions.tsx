import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { answer, type Dub } from "polydub-client";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { DUBS_KEY, dubKey } from "../api/queries";
import { Button, buttonLook } from "../design/Button";
import { Confirm } from "../design/Confirm";
import { Icon } from "../design/Icon";
import { useProblemText } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import { deletions } from "../library/deleting";
import styles from "./Dub.module.css";
import { hasEnded, isCorrectable } from "./stages";

/** What can be done with a dub as it stands. */
export function DubActions({ dub }: { dub: Dub }) {
  const { t } = useTranslation("dub");
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const cancel = useSteering(dub, "cancel");
  const retry = useSteering(dub, "retry");
  const canRetry = hasEnded(dub.state) && !["completed"].includes(dub.state);
  const canCorrect = isCorrectable(dub);
  const remove = () => {
    deletions.begin({ id: dub.id, name: dub.filename }, common);
    void navigate({ to: "/dubs" });
  };
  return (
    <div className={styles.actions}>
      {canCorrect && (
        <Link to="/dubs/$dubId/edit" params={{ dubId: dub.id }} className={buttonLook()}>
          <Icon name="edit" size={18} />
          {t("correct")}
        </Link>
      )}
      {canRetry && (
        <Button icon="retry" busy={retry.isPending} onClick={() => retry.mutate()}>
          {t("retry")}
        </Button>
      )}
      {hasEnded(dub.state) ? (
        <Button kind="quiet" icon="trash" onClick={remove}>
          {common("delete")}
        </Button>
      ) : (
        <Confirm
          trigger={
            <Button icon="close" busy={cancel.isPending}>
              {t("cancel")}
            </Button>
          }
          title={t("cancelTitle")}
          text={t("cancelText")}
          action={t("cancel")}
          onConfirm={() => cancel.mutate()}
        />
      )}
    </div>
  );
}

function useSteering(dub: Dub, action: "cancel" | "retry") {
  const queryClient = useQueryClient();
  const problemText = useProblemText();
  return useMutation({
    mutationFn: () => {
      const params = { params: { path: { dub_id: dub.id } } };
      return answer(
        action === "cancel"
          ? polydub.http.POST("/v1/dubs/{dub_id}/cancel", params)
          : polydub.http.POST("/v1/dubs/{dub_id}/retry", params),
      );
    },
    onSuccess: (changed) => {
      queryClient.setQueryData(dubKey(dub.id), changed);
      void queryClient.invalidateQueries({ queryKey: DUBS_KEY });
    },
    onError: (error) => {
      const { title, hint } = problemText(error);
      toasts.add({ title, description: hint, type: "bad", priority: "high" });
    },
  });
}
