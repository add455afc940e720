import { answer, type Glossary } from "polydub-client";
import { polydub } from "../api/polydub";
import type { KeepingApi } from "../app/keeping";
import { GLOSSARIES_KEY } from "./queries";

export const glossaryKeeping: KeepingApi<Pick<Glossary, "name" | "terms">, Glossary> = {
  listKey: GLOSSARIES_KEY,
  create: (body) => answer(polydub.http.POST("/v1/glossaries", { body })),
  read: (id) =>
    answer(
      polydub.http.GET("/v1/glossaries/{glossary_id}", { params: { path: { glossary_id: id } } }),
    ),
  replace: (id, body, revision) =>
    answer(
      polydub.http.PUT("/v1/glossaries/{glossary_id}", {
        body,
        params: { path: { glossary_id: id }, header: { "if-match": `"${revision}"` } },
      }),
    ),
};
