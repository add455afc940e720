import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useRef, useState } from "react";
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

interface Keeping<Body> {
  /** Saves it; what is wrong with that stands in `error`. `force` writes over what others saved. */
  save: (body: Body, force: boolean) => void;
  isBusy: boolean;
  error: Error | null;
  /** Resolves when no save is on its way, however the last one ended. */
  settled: () => Promise<unknown>;
}

/**
 * Saves something as a whole.
 *
 * @param kept null: a new one.
 * @param onKept is told what was made of it, and from what; the save lasts until it is through.
 */
export function useKeeping<Body, Made extends Kept>(
  kept: Made | null,
  api: KeepingApi<Body, Made>,
  onKept: (made: Made, body: Body) => Promise<void> | void,
): Keeping<Body> {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [revision, setRevision] = useState(kept?.revision ?? 0);
  const underWay = useRef<Promise<unknown>>(Promise.resolve());
  const { mutateAsync, isPending, error } = useMutation({
    mutationFn: async ({ body, force }: { body: Body; force: boolean }) => {
      if (!kept) return api.create(body);
      const base = force ? (await api.read(kept.id)).revision : revision;
      return api.replace(kept.id, body, base);
    },
    onSuccess: async (made, { body }) => {
      setRevision(made.revision);
      toasts.add({ title: t("saved") });
      void queryClient.invalidateQueries({ queryKey: api.listKey });
      await onKept(made, body);
    },
  });
  return {
    save: (body, force) => {
      underWay.current = mutateAsync({ body, force }).catch(() => undefined);
    },
    isBusy: isPending,
    error,
    settled: () => underWay.current,
  };
}
