import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { enginesQuery } from "../api/queries";
import { NotSetUp } from "../app/NotSetUp";
import { Badge, Card, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { asSentence } from "../design/sentences";
import styles from "./Settings.module.css";

/** What this deployment works with, and what is missing for more. */
export function EnginesPage() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { data, error, refetch } = useQuery(enginesQuery);
  return (
    <Card className={styles.section}>
      <div>
        <h2>{t("engines")}</h2>
        <p className={styles.hint}>{t("enginesText")}</p>
      </div>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton height="12rem" />}
      <div className={styles.stages}>
        {data?.stages
          .filter((stage) => stage.engines.length > 0)
          .map((stage) => (
            <section key={stage.stage}>
              <h3>{common(`stage.${stage.stage as "asr"}`)}</h3>
              <ul>
                {stage.engines.map((engine) => (
                  <li key={engine.id} className={styles.row}>
                    <div className={styles.rowText}>
                      <p className={styles.name}>
                        {engine.name}{" "}
                        <span className={styles.hint}>{releaseOf(engine.version)}</span>
                      </p>
                      {!engine.available && (
                        <p className={styles.hint}>
                          <NotSetUp
                            what={asSentence(engine.unavailable_reason)}
                            remedy={engine.remedy}
                          />
                        </p>
                      )}
                    </div>
                    <Badge tone={engine.available ? "good" : "neutral"}>
                      {t(engine.available ? "works" : "missing")}
                    </Badge>
                  </li>
                ))}
              </ul>
            </section>
          ))}
      </div>
    </Card>
  );
}

/** The part of a version that people know; what follows tells builds apart, and their parts. */
function releaseOf(version: string): string {
  return /^v?\d[\w.]*/.exec(version)?.[0] ?? "";
}
