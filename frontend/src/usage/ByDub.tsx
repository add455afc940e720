import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dubsQuery } from "../api/queries";
import { saveCsv } from "../app/csv";
import { Button } from "../design/Button";
import { Field, Select } from "../design/fields";
import { Pages } from "../design/Pages";
import { Card } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import { StateBadge } from "../watch/StateBadge";
import { dubsCsv, rounded } from "./figures";
import { useMonthNames } from "./Months";
import { allDubUsage, dubUsageQuery, type DubUsage } from "./queries";
import styles from "./Usage.module.css";

/** What single dubs count for, deleted ones as well. */
export function ByDub({ months }: { months: string[] }) {
  const { t } = useTranslation("usage");
  const names = useMonthNames();
  const [month, setMonth] = useState("");
  const found = useInfiniteQuery(dubUsageQuery(month));
  const dubs = found.data?.pages.flatMap((page) => page.dubs);
  const currency = found.data?.pages[0]?.currency ?? "USD";
  const exporting = useMutation({
    mutationFn: async () =>
      saveCsv(`usage-dubs${month && `-${month}`}.csv`, dubsCsv(await allDubUsage(month), currency)),
  });
  return (
    <Card className={styles.section}>
      <h2>{t("byDub")}</h2>
      <div className={styles.tools}>
        <Field label={t("month")}>
          {(ids) => (
            <Select {...ids} value={month} onChange={(event) => setMonth(event.target.value)}>
              <option value="">{t("allMonths")}</option>
              {months.map((each) => (
                <option key={each} value={each}>
                  {names.long(each)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button
          icon="download"
          busy={exporting.isPending}
          disabled={!dubs?.length}
          onClick={() => exporting.mutate()}
        >
          {t("export")}
        </Button>
      </div>
      {exporting.error && <ProblemNote error={exporting.error} />}
      <Pages list={found} height="10rem">
        {dubs?.length === 0 && <p className={styles.hint}>{t("noDubs")}</p>}
        {dubs && dubs.length > 0 && <DubTable dubs={dubs} currency={currency} />}
      </Pages>
    </Card>
  );
}

function DubTable({ dubs, currency }: { dubs: DubUsage[]; currency: string }) {
  const { t } = useTranslation("usage");
  const format = useFormat();
  const nameOf = useDubNames();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.wide} role="region" aria-label={t("byDub")} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("dub")}</th>
            <th scope="col">{t("state")}</th>
            <th scope="col">{t("minutes")}</th>
            <th scope="col">{t("languages")}</th>
            <th scope="col">{t("cost")}</th>
          </tr>
        </thead>
        <tbody>
          {dubs.map((each) => (
            <tr key={each.dub_id}>
              <th scope="row">
                <Link to="/dubs/$dubId" params={{ dubId: each.dub_id }} dir="auto">
                  {nameOf(each.dub_id)}
                </Link>
                <time dateTime={each.created_at} className={styles.when}>
                  {format.date(each.created_at)}
                </time>
              </th>
              <td>
                <StateBadge state={each.state} />
              </td>
              <td>{format.number(rounded(each.minutes))}</td>
              <td>{format.number(each.languages)}</td>
              <td>{each.cost === null ? "–" : format.money(each.cost, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Usage knows ids only. The newest dubs have names; the others keep their ids. */
function useDubNames(): (dubId: string) => string {
  const { data } = useInfiniteQuery(dubsQuery({}));
  const names = new Map(
    data?.pages.flatMap((page) => page.dubs.map((dub) => [dub.id, dub.filename] as const)),
  );
  return (dubId) => names.get(dubId) ?? dubId;
}
