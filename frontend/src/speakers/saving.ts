import { answer, type RegisteredSpeaker } from "polydub-client";
import { polydub } from "../api/polydub";
import { registeredSpeakersQuery } from "../api/queries";
import type { KeepingApi } from "../app/keeping";

type Body = Pick<RegisteredSpeaker, "name" | "voices">;

export const speakerKeeping: KeepingApi<Body, RegisteredSpeaker> = {
  listKey: registeredSpeakersQuery.queryKey,
  create: (body) => answer(polydub.http.POST("/v1/speakers", { body })),
  read: (id) =>
    answer(
      polydub.http.GET("/v1/speakers/{registered_id}", { params: { path: { registered_id: id } } }),
    ),
  replace: (id, body, revision) =>
    answer(
      polydub.http.PUT("/v1/speakers/{registered_id}", {
        body,
        params: { path: { registered_id: id }, header: { "if-match": `"${revision}"` } },
      }),
    ),
};
