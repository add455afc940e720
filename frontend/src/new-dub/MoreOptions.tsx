import { Checkbox } from "@base-ui/react/checkbox";
import { Collapsible } from "@base-ui/react/collapsible";
import { useQuery } from "@tanstack/react-query";
import type { Engines } from "polydub-client";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { glossariesQuery } from "../api/queries";
import { NotSetUp } from "../app/NotSetUp";
import { Field, Input, Select, SwitchRow } from "../design/fields";
import { Icon } from "../design/Icon";
import { asSentence } from "../design/sentences";
import { cloningOf, lipsyncOf } from "./offers";
import { BACKGROUNDS, EXTRAS, FIT_MODES, MAX_SPEAKERS, VOICES, type Options } from "./options";
import styles from "./NewDub.module.css";

interface OptionsProps {
  options: Options;
  onChange: (changed: Partial<Options>) => void;
}

interface MoreOptionsProps extends OptionsProps {
  engines: Engines;
  /** Own subtitles, unless they are asked for elsewhere. */
  children: ReactNode;
}

/** What most people leave as it is. */
export function MoreOptions({ options, onChange, engines, children }: MoreOptionsProps) {
  const { t } = useTranslation("new-dub");
  const cloning = cloningOf(engines);
  const lipsync = lipsyncOf(engines);
  return (
    <Collapsible.Root>
      <Collapsible.Trigger className={styles.more}>
        {t("options.title")}
        <Icon name="chevron" />
      </Collapsible.Trigger>
      <Collapsible.Panel className={styles.optionGrid}>
        <Field label={t("voices.label")} hint={t(`voices.${options.voices}.hint`)}>
          {(ids) => (
            <Select
              {...ids}
              value={options.voices}
              onChange={(e) => onChange({ voices: e.target.value as Options["voices"] })}
            >
              {VOICES.map((value) => (
                <option key={value} value={value} disabled={value === "clone" && !cloning.isPossible}>
                  {t(`voices.${value}`)}
                  {value === "clone" && !cloning.isPossible && ` (${t("notHere")})`}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t("fit.label")} hint={t(`fit.${options.fitMode}.hint`)}>
          {(ids) => (
            <Select
              {...ids}
              value={options.fitMode}
              onChange={(e) => onChange({ fitMode: e.target.value as Options["fitMode"] })}
            >
              {FIT_MODES.map((value) => (
                <option key={value} value={value}>
                  {t(`fit.${value}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {options.voices === "clone" && <Consent options={options} onChange={onChange} />}
        <Field label={t("background.label")} hint={t(`background.${options.background}.hint`)}>
          {(ids) => (
            <Select
              {...ids}
              value={options.background}
              onChange={(e) => onChange({ background: e.target.value as Options["background"] })}
            >
              {BACKGROUNDS.map((value) => (
                <option key={value} value={value}>
                  {t(`background.${value}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t("speakers.label")} hint={t("speakers.hint")}>
          {(ids) => (
            <Select
              {...ids}
              value={options.speakers}
              onChange={(e) => onChange({ speakers: Number(e.target.value) })}
            >
              <option value={0}>{t("speakers.auto")}</option>
              {Array.from({ length: MAX_SPEAKERS }, (_, n) => (
                <option key={n} value={n + 1}>
                  {n + 1}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className={styles.switches}>
          <SwitchRow
            label={t("noise.label")}
            hint={t("noise.hint")}
            checked={options.noiseReduction && options.background !== "drop"}
            disabled={options.background === "drop"}
            onChange={(noiseReduction) => onChange({ noiseReduction })}
          />
          <SwitchRow
            label={t("lipsync.label")}
            hint={
              lipsync.isPossible ? (
                t("lipsync.hint")
              ) : (
                <NotSetUp what={asSentence(t("notHere"))} remedy={lipsync.remedy} />
              )
            }
            checked={options.lipsync}
            disabled={!lipsync.isPossible}
            onChange={(value) => onChange({ lipsync: value })}
          />
        </div>
        {children}
        <Glossaries options={options} onChange={onChange} />
        <Group legend={t("extras.label")}>
          {EXTRAS.map((extra) => (
            <Check
              key={extra}
              label={t(`extras.${extra}`)}
              checked={options.extras.includes(extra)}
              onChange={(is) => onChange({ extras: toggled(options.extras, extra, is) })}
            />
          ))}
        </Group>
      </Collapsible.Panel>
    </Collapsible.Root>
  );
}

function Consent({ options, onChange }: OptionsProps) {
  const { t } = useTranslation("new-dub");
  return (
    <div className={styles.consent}>
      <Check
        label={t("consent.statement")}
        checked={options.hasConsent}
        onChange={(hasConsent) => onChange({ hasConsent })}
      />
      <Field label={t("consent.by")} hint={t("consent.hint")}>
        {(ids) => (
          <Input
            {...ids}
            autoComplete="name"
            value={options.consentBy}
            onChange={(event) => onChange({ consentBy: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

function Glossaries({ options, onChange }: OptionsProps) {
  const { t } = useTranslation("new-dub");
  const { data } = useQuery(glossariesQuery);
  if (!data?.glossaries.length) return null;
  return (
    <Group legend={t("glossaries.label")}>
      {data.glossaries.map((glossary) => (
        <Check
          key={glossary.id}
          label={glossary.name}
          checked={options.glossaryIds.includes(glossary.id)}
          onChange={(is) => onChange({ glossaryIds: toggled(options.glossaryIds, glossary.id, is) })}
        />
      ))}
    </Group>
  );
}

function Group({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className={styles.group}>
      <legend>{legend}</legend>
      <div className={styles.checks}>{children}</div>
    </fieldset>
  );
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function Check({ label, checked, onChange }: CheckProps) {
  const id = useId();
  return (
    <div className={styles.check}>
      <Checkbox.Root
        id={id}
        className={styles.checkBox}
        checked={checked}
        onCheckedChange={(is) => onChange(is)}
      >
        <Checkbox.Indicator>
          <Icon name="check" size={16} />
        </Checkbox.Indicator>
      </Checkbox.Root>
      <label htmlFor={id}>{label}</label>
    </div>
  );
}

function toggled<T>(items: readonly T[], item: T, isIn: boolean): T[] {
  return isIn ? [...items, item] : items.filter((each) => each !== item);
}
