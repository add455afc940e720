import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, type Glossary } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { toasts } from "../design/Toasts";
import { GLOSSARIES_KEY } from "./queries";

interface Wanted {
  name: string;
  terms: Glossary["terms"];
  /** Writes over what others saved meanwhile. */
  force: boolean;
}

interface Saving {
  /** The glossary as it stands then; null: it could not be saved, `error` says why. */
  save: (wanted: Wanted) => Promise<Glossary | null>;
  isBusy: boolean;
  error: Error | null;
}

/** Keeps a glossary; null: a new one. */
export function useSaving(glossary: Glossary | null): Saving {
  const { t } = useTranslation("words");
  const queryClient = useQueryClient();
  const [revision, setRevision] = useState(glossary?.revision ?? 0);
  const { mutateAsync, isPending, error } = useMutation({
    mutationFn: async ({ force, ...body }: Wanted) => {
      if (!glossary) return create(body);
      const base = force ? (await read(glossary.id)).revision : revision;
      return replace(glossary.id, body, base);
    },
    onSuccess: (made) => {
      setRevision(made.revision);
      toasts.add({ title: t("saved") });
      void queryClient.invalidateQueries({ queryKey: GLOSSARIES_KEY });
    },
  });
  return { save: (wanted) => mutateAsync(wanted).catch(() => null), isBusy: isPending, error };
}

type Body = Omit<Wanted, "force">;

function create(body: Body): Promise<Glossary> {
  return answer(polydub.http.POST("/v1/glossaries", { body }));
}

function read(glossaryId: string): Promise<Glossary> {
  return answer(
    polydub.http.GET("/v1/glossaries/{glossary_id}", {
      params: { path: { glossary_id: glossaryId } },
    }),
  );
}

function replace(glossaryId: string, body: Body, revision: number): Promise<Glossary> {
  return answer(
    polydub.http.PUT("/v1/glossaries/{glossary_id}", {
      body,
      params: {
        path: { glossary_id: glossaryId },
        header: { "if-match": `"${revision}"` },
      },
    }),
  );
}
