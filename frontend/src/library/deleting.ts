import { answer } from "polydub-client";
import { polydub } from "../api/polydub";
import { Deletions } from "../app/deletions";

/** Dubs that somebody has deleted and may still take back. */
export const deletions = new Deletions((id) =>
  answer(
    polydub.http.DELETE("/v1/dubs/{dub_id}", {
      params: { path: { dub_id: id } },
      keepalive: true,
    }),
  ),
);
