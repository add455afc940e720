import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toasts } from "../design/Toasts";

interface Kept {
  id: string;
  revision: number;
}

/** The gateway's calls about one kind of thing that is edited as a whole. All throw `ApiProblem`. */
export interface KeepingApi<Body, Made extends Kept> {
  /** Where the list of all of them is kept. */
  listKey: QueryKey;
  create: (body: Body) => Promise<Made>;
  read: (id: string) => Promise<Made>;
  replace: (id: string, body: Body, revision: number) => Promise<Made>;
}

interface Keeping<Body, Made> {
  /**
   * What was made of it; null: it could not be saved, `error` says why.
   *
   * @param force writes over what others saved meanwhile.
   */
  save: (body: Body, force: boolean) => Promise<Made | null>;
  isBusy: boolean;
  error: Error | null;
}

/** Saves something as a whole; null: a new one. */
export function useKeeping<Body, Made extends Kept>(
  kept: Made | null,
  api: KeepingApi<Body, Made>,
): Keeping<Body, Made> {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [revision, setRevision] = useState(kept?.revision ?? 0);
  const { mutateAsync, isPending, error } = useMutation({
    mutationFn: async ({ body, force }: { body: Body; force: boolean }) => {
      if (!kept) return api.create(body);
      const base = force ? (await api.read(kept.id)).revision : revision;
      return api.replace(kept.id, body, base);
    },
    onSuccess: (made) => {
      setRevision(made.revision);
      toasts.add({ title: t("saved") });
      void queryClient.invalidateQueries({ queryKey: api.listKey });
    },
  });
  return {
    save: (body, force) => mutateAsync({ body, force }).catch(() => null),
    isBusy: isPending,
    error,
  };
}
