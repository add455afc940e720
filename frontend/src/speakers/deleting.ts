import { answer } from "polydub-client";
import { polydub } from "../api/polydub";
import { Deletions } from "../app/deletions";

export const speakerDeletions = new Deletions((id) =>
  answer(
    polydub.http.DELETE("/v1/speakers/{registered_id}", {
      params: { path: { registered_id: id } },
      keepalive: true,
    }),
  ),
);
