import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "../design/parts";
import { useFormat } from "../i18n/format";
import { BarChart } from "./BarChart";
import { dubsOf, lastMonths, rounded } from "./figures";
import type { Month, Usage } from "./queries";
import styles from "./Usage.module.css";

/** The last months, as pictures and as a table. */
export function Months({ usage }: { usage: Usage }) {
  const { t } = useTranslation("usage");
  const format = useFormat();
  const names = useMonthNames();
  const months = lastMonths(usage.months);
  const bars = (valueOf: (month: Month) => number) =>
    months.map((each) => ({
      key: each.month,
      label: names.short(each.month),
      name: names.long(each.month),
      value: valueOf(each),
    }));
  const lacksPrice = usage.months.some((each) => each.cost === null);
  const isPaid = usage.months.some((each) => (each.cost ?? 0) > 0);
  return (
    <Card className={styles.section}>
      <h2>{t("byMonth")}</h2>
      <div className={styles.charts}>
        <BarChart
          title={t("minutes")}
          bars={bars((each) => each.minutes)}
          format={(value) => format.number(rounded(value))}
        />
        <BarChart
          title={t("languages")}
          bars={bars((each) => each.languages)}
          format={format.number}
        />
        {isPaid && (
          <BarChart
            title={`${t("cost")} (${usage.currency})`}
            bars={bars((each) => each.cost ?? 0)}
            format={(value) => format.money(value, usage.currency)}
            axisFormat={format.number}
          />
        )}
      </div>
      {!isPaid && !lacksPrice && <p className={styles.hint}>{t("free")}</p>}
      {lacksPrice && <p className={styles.hint}>{t("noPrice")}</p>}
      <details className={styles.details}>
        <summary>{t("asTable")}</summary>
        <MonthTable usage={usage} />
      </details>
    </Card>
  );
}

function MonthTable({ usage }: { usage: Usage }) {
  const { t } = useTranslation("usage");
  const format = useFormat();
  const names = useMonthNames();
  return (
    // Tables wider than a phone move by themselves; with the keyboard, too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.wide} role="region" aria-label={t("byMonth")} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("month")}</th>
            <th scope="col">{t("minutes")}</th>
            <th scope="col">{t("languages")}</th>
            <th scope="col">{t("dubs")}</th>
            <th scope="col">{t("cost")}</th>
          </tr>
        </thead>
        <tbody>
          {usage.months.map((each) => (
            <tr key={each.month}>
              <th scope="row">{names.long(each.month)}</th>
              <td>{format.number(rounded(each.minutes))}</td>
              <td>{format.number(each.languages)}</td>
              <td>{format.number(dubsOf(each))}</td>
              <td>{each.cost === null ? "–" : format.money(each.cost, usage.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface MonthNames {
  short: (month: string) => string;
  long: (month: string) => string;
}

/** Months as the page's language names them. They are months in UTC. */
export function useMonthNames(): MonthNames {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const narrow = new Intl.DateTimeFormat(i18n.language, { month: "narrow", timeZone: "UTC" });
    const whole = new Intl.DateTimeFormat(i18n.language, {
      month: "long",
      year: "numeric",
      timeZone: "UTC",
    });
    const first = (month: string) => new Date(`${month}-01T00:00:00Z`);
    return {
      short: (month) => narrow.format(first(month)),
      long: (month) => whole.format(first(month)),
    };
  }, [i18n.language]);
}
