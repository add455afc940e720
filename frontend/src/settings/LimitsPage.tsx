import { useQuery } from "@tanstack/react-query";
import { answer } from "polydub-client";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button } from "../design/Button";
import { Field, Input } from "../design/fields";
import { Card, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";
import { useFormat } from "../i18n/format";
import { useActing } from "./acting";
import { CALL_CLASSES, fieldsOf, halfRate, limitsOf, type CallClass, type LimitFields } from "./limits";
import { limitsQuery, type Limits } from "./queries";
import styles from "./Settings.module.css";

export function LimitsPage() {
  const { data, error, refetch } = useQuery(limitsQuery);
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height="20rem" />;
  return <LimitsForm limits={data} />;
}

function LimitsForm({ limits }: { limits: Limits }) {
  const { t } = useTranslation("settings");
  const [fields, setFields] = useState(() => fieldsOf(limits.own));
  const half = halfRate(fields);
  const setting = useActing({
    act: () =>
      answer(
        polydub.http.PUT("/v1/organisation/limits", { body: limitsOf(fields, limits.own) }),
      ),
    changes: ["usage"],
    onDone: () => toasts.add({ title: t("saved") }),
    isForm: true,
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!half) setting.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className={styles.page}>
      <Card className={styles.section}>
        <div>
          <h2>{t("section.limits")}</h2>
          <p className={styles.hint}>{t("limitsText")}</p>
        </div>
        {setting.error && <ProblemNote error={setting.error} />}
        <Quotas limits={limits} fields={fields} onFields={setFields} />
      </Card>
      <Card className={styles.section}>
        <div>
          <h2>{t("rates")}</h2>
          <p className={styles.hint}>{t("ratesText")}</p>
        </div>
        {CALL_CLASSES.map((name) => (
          <RateFields
            key={name}
            name={name}
            limits={limits}
            fields={fields}
            isHalf={half === name}
            onFields={setFields}
          />
        ))}
      </Card>
      <div>
        <Button type="submit" kind="primary" busy={setting.isPending}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}

interface PartProps {
  limits: Limits;
  fields: LimitFields;
  onFields: (fields: LimitFields) => void;
}

function Quotas({ limits: { own, quotas }, fields, onFields }: PartProps) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  /** What holds where nothing is set here; it is not told where something is. */
  const hint = (isOwn: boolean, value: number | null, write: (value: number) => string) =>
    isOwn ? t("limitOwn") : t("limitDefault", { value: value === null ? t("noLimit") : write(value) });
  return (
    <div className={styles.fields}>
      <Field
        label={t("limit.minutes")}
        hint={hint(own.minutes_per_month != null, quotas.minutes_per_month, format.number)}
      >
        {(ids) => (
          <NumberInput
            {...ids}
            step="any"
            value={fields.minutes}
            onText={(minutes) => onFields({ ...fields, minutes })}
          />
        )}
      </Field>
      <Field
        label={t("limit.storage")}
        hint={hint(own.storage_bytes != null, quotas.storage_bytes, format.bytes)}
      >
        {(ids) => (
          <NumberInput
            {...ids}
            step="any"
            value={fields.gigabytes}
            onText={(gigabytes) => onFields({ ...fields, gigabytes })}
          />
        )}
      </Field>
      <Field
        label={t("limit.dubs")}
        hint={hint(own.concurrent_jobs != null, quotas.concurrent_jobs, format.number)}
      >
        {(ids) => (
          <NumberInput
            {...ids}
            step="1"
            value={fields.dubs}
            onText={(dubs) => onFields({ ...fields, dubs })}
          />
        )}
      </Field>
    </div>
  );
}

interface RateFieldsProps extends PartProps {
  name: CallClass;
  isHalf: boolean;
}

function RateFields({ name, limits, fields, isHalf, onFields }: RateFieldsProps) {
  const { t } = useTranslation("settings");
  const rate = fields.rates[name];
  const usual = limits.default_rates[name];
  const change = (part: Partial<typeof rate>) =>
    onFields({ ...fields, rates: { ...fields.rates, [name]: { ...rate, ...part } } });
  const told = usual
    ? t("rateDefault", { calls: usual.quota, seconds: usual.window_s })
    : t("limitDefault", { value: t("noLimit") });
  return (
    <fieldset className={styles.events}>
      <legend>{t(`rate.${name}`)}</legend>
      <div className={styles.fields}>
        <Field label={t("calls")} hint={told} error={isHalf ? t("bothNumbers") : undefined}>
          {(ids) => (
            <NumberInput
              {...ids}
              step="1"
              min={1}
              value={rate.quota}
              onText={(quota) => change({ quota })}
            />
          )}
        </Field>
        <Field label={t("inSeconds")}>
          {(ids) => (
            <NumberInput
              {...ids}
              step="1"
              min={1}
              value={rate.windowS}
              onText={(windowS) => change({ windowS })}
            />
          )}
        </Field>
      </div>
    </fieldset>
  );
}

interface NumberInputProps {
  id: string;
  "aria-describedby": string | undefined;
  value: string;
  step: string;
  min?: number;
  onText: (text: string) => void;
}

function NumberInput({ onText, min = 0, ...rest }: NumberInputProps) {
  return (
    <Input
      {...rest}
      type="number"
      inputMode="decimal"
      min={min}
      onChange={(event) => onText(event.target.value)}
    />
  );
}
