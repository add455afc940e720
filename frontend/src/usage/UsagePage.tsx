import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { saveCsv } from "../app/csv";
import { Button } from "../design/Button";
import { Bar, Card, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { ByDub } from "./ByDub";
import { monthsCsv, quotasOf, rounded, type Quota } from "./figures";
import { Months } from "./Months";
import { usageQuery, type Usage } from "./queries";
import styles from "./Usage.module.css";

export function UsagePage() {
  const { t } = useTranslation("usage");
  const { data, error, refetch } = useQuery(usageQuery);
  return (
    <>
      <PageHead title={t("title")} lead={t("lead")}>
        {data && (
          <Button icon="download" onClick={() => saveCsv("usage.csv", monthsCsv(data))}>
            {t("export")}
          </Button>
        )}
      </PageHead>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton height="24rem" />}
      {data && (
        <div className={styles.page}>
          <Quotas usage={data} />
          <Months usage={data} />
          <ByDub months={data.months.map((each) => each.month)} />
        </div>
      )}
    </>
  );
}

/** What is used of what is allowed. */
function Quotas({ usage }: { usage: Usage }) {
  return (
    <ul className={styles.quotas}>
      {quotasOf(usage).map((quota) => (
        <QuotaCard key={quota.kind} quota={quota} />
      ))}
    </ul>
  );
}

function QuotaCard({ quota: { kind, used, allowed } }: { quota: Quota }) {
  const { t } = useTranslation("usage");
  const format = useFormat();
  const write = (value: number) =>
    kind === "storage" ? format.bytes(value) : format.number(rounded(value));
  const label = t(`quota.${kind}`);
  return (
    <li>
      <Card className={styles.quota}>
        <h2 className={styles.quotaName}>{label}</h2>
        <p className={styles.figure}>
          {write(used)}
          {allowed !== null && <span className={styles.of}> {t("of", { all: write(allowed) })}</span>}
        </p>
        {allowed !== null && (
          <Bar
            label={label}
            value={allowed > 0 ? used / allowed : 1}
            failed={used >= allowed}
          />
        )}
        <p className={styles.hint}>
          {allowed === null ? t("unlimited") : t("left", { left: write(Math.max(0, allowed - used)) })}
        </p>
      </Card>
    </li>
  );
}
