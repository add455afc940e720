import { Combobox } from "@base-ui/react/combobox";
import { useId, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { NotSetUp } from "../app/NotSetUp";
import { Icon } from "../design/Icon";
import popups from "../design/popups.module.css";
import { useFormat } from "../i18n/format";
import type { Offer } from "./offers";
import styles from "./NewDub.module.css";

interface Choice extends Offer {
  label: string;
}

interface TargetsProps {
  offers: readonly Offer[];
  chosen: readonly string[];
  onChange: (tags: string[]) => void;
}

/** Several languages of many, found by typing; those that can't be dubbed here say why. */
export function Targets({ offers, chosen, onChange }: TargetsProps) {
  const { t } = useTranslation("new-dub");
  const id = useId();
  const choices = useChoices(offers);
  const value = chosen.map(
    (tag) =>
      choices.find((choice) => choice.tag === tag) ?? {
        tag,
        label: tag,
        isPossible: false,
        via: [],
        reason: null,
      },
  );
  return (
    <Combobox.Root<Choice, true>
      multiple
      items={choices}
      value={value}
      onValueChange={(picked, { reason }) => {
        // Escape closes the list; pressed once more it must not throw away what was chosen.
        if (reason !== "escape-key") onChange(picked.map((choice) => choice.tag));
      }}
      isItemEqualToValue={(a, b) => a.tag === b.tag}
      itemToStringLabel={(choice) => choice.label}
    >
      <div className={styles.targets}>
        <label htmlFor={id} className={styles.targetsLabel}>
          {t("targets.label")}
        </label>
        <Combobox.InputGroup className={styles.targetsBox}>
          <Combobox.Chips className={styles.chips} aria-label={t("targets.chosen")}>
            {value.map((choice) => (
              <Combobox.Chip
                key={choice.tag}
                className={styles.chip}
                data-impossible={!choice.isPossible}
                aria-label={choice.label}
                aria-description={t("targets.chipHelp")}
              >
                {choice.label}
                <Combobox.ChipRemove
                  className={styles.chipRemove}
                  aria-label={t("targets.remove", { language: choice.label })}
                >
                  <Icon name="close" size={14} />
                </Combobox.ChipRemove>
              </Combobox.Chip>
            ))}
            <Combobox.Input
              id={id}
              className={styles.targetsInput}
              placeholder={value.length > 0 ? "" : t("targets.placeholder")}
            />
          </Combobox.Chips>
        </Combobox.InputGroup>
      </div>
      <Combobox.Portal>
        <Combobox.Positioner className={popups.positioner} sideOffset={6}>
          <Combobox.Popup className={`${popups.popup} ${styles.targetsPopup}`}>
            <Combobox.Empty className={styles.targetsEmpty}>{t("targets.none")}</Combobox.Empty>
            <Combobox.List className={styles.targetsList}>
              {(choice: Choice) => (
                <Combobox.Item
                  key={choice.tag}
                  value={choice}
                  disabled={!choice.isPossible}
                  className={popups.item}
                >
                  <span>
                    <span className={styles.choiceName}>{choice.label}</span>
                    <Explanation offer={choice} />
                  </span>
                  <Combobox.ItemIndicator className={popups.itemCheck}>
                    <Icon name="check" size={18} />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

function Explanation({ offer }: { offer: Offer }) {
  const why = useWhy(offer);
  return why && <span className={styles.choiceWhy}>{why}</span>;
}

function useWhy({ reason, via }: Offer): ReactNode {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const named = (tags: readonly string[]) => format.list(tags.map(format.language));
  if (via.length > 0) return t("targets.via", { languages: named(via) });
  if (reason?.kind === "source") return t("targets.otherSource", { languages: named(reason.sources) });
  if (reason?.kind !== "engine") return null;
  return <NotSetUp what={`${reason.engine}:`} remedy={reason.remedy} />;
}

/** Possible ones first, each by its name. */
function useChoices(offers: readonly Offer[]): Choice[] {
  const format = useFormat();
  const { i18n } = useTranslation();
  return useMemo(() => {
    const collator = new Intl.Collator(i18n.language);
    return offers
      .map((offer) => ({ ...offer, label: format.language(offer.tag) }))
      .sort(
        (a, b) =>
          Number(b.isPossible) - Number(a.isPossible) || collator.compare(a.label, b.label),
      );
  }, [offers, format, i18n.language]);
}
