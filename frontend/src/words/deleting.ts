import { answer } from "polydub-client";
import { polydub } from "../api/polydub";
import { Deletions } from "../app/deletions";

export const glossaryDeletions = new Deletions((id) =>
  answer(
    polydub.http.DELETE("/v1/glossaries/{glossary_id}", {
      params: { path: { glossary_id: id } },
      keepalive: true,
    }),
  ),
);

export const memoryDeletions = new Deletions((id) =>
  answer(
    polydub.http.DELETE("/v1/memory/{entry_id}", {
      params: { path: { entry_id: id } },
      keepalive: true,
    }),
  ),
);
