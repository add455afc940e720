import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { DUBS_KEY, dubKey } from "../api/queries";
import { useMay } from "../app/role";
import { Button } from "../design/Button";
import { Note } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";

/** A language that was corrected since it was made, and what makes it anew. */
export function StaleNote({ dubId }: { dubId: string }) {
  const { t } = useTranslation("dub");
  const { edit } = useMay();
  const queryClient = useQueryClient();
  const regenerating = useMutation({
    mutationFn: () => {
      const path = { dub_id: dubId };
      return answer(polydub.http.POST("/v1/dubs/{dub_id}/regenerate", { params: { path } }));
    },
    onSuccess: ({ dub }) => {
      queryClient.setQueryData(dubKey(dubId), dub);
      void queryClient.invalidateQueries({ queryKey: DUBS_KEY });
    },
  });
  return (
    <>
      <Note
        tone="warn"
        title={t("stale")}
        action={
          edit && (
            <Button icon="retry" busy={regenerating.isPending} onClick={() => regenerating.mutate()}>
              {t("regenerate")}
            </Button>
          )
        }
      >
        {edit && t("staleText")}
      </Note>
      {regenerating.error && <ProblemNote error={regenerating.error} />}
    </>
  );
}
