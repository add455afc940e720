import type { Dub } from "polydub-client";
import { useMemo } from "react";
import { codesOfLines } from "../watch/notices";
import { ComparePlayer } from "./ComparePlayer";
import { filmOfDub, linesOfDub } from "./film";
import { QualityCard } from "./QualityCard";
import { inlineUrl, reportOf } from "./sources";

/** One's own dub beside its original. Loaded when there is something to play. */
export default function DubPlayer({ dub }: { dub: Dub }) {
  const film = useMemo(() => filmOfDub(dub), [dub]);
  return (
    <ComparePlayer
      film={film}
      linesQuery={linesOfDub(dub)}
      about={({ language, lines, onLine }) => {
        const report = dub.languages.find((each) => each.language === language)?.report;
        const found = film.languages.find((each) => each.language === language);
        const page = reportOf(found, "text/html");
        return (
          report && (
            <QualityCard
              report={report}
              lines={lines}
              noticed={codesOfLines(dub.warnings, language)}
              reportUrl={page ? inlineUrl(page) : null}
              onLine={onLine}
            />
          )
        );
      }}
    />
  );
}
