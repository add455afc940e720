import { Menu } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import styles from "./popups.module.css";

interface ChoicesProps<Value extends string> {
  /** The button that opens it. */
  trigger: ReactElement;
  label: string;
  value: Value;
  options: { value: Value; label: ReactNode; icon?: IconName; lang?: string }[];
  onChoose: (value: Value) => void;
}

/** A menu of which one holds. */
export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  return (
    <Popup trigger={props.trigger}>
      <Menu.RadioGroup
        value={props.value}
        onValueChange={(value: Value) => props.onChoose(value)}
        aria-label={props.label}
      >
        {props.options.map((option) => (
          <Menu.RadioItem
            key={option.value}
            value={option.value}
            lang={option.lang}
            closeOnClick
            className={styles.item}
          >
            {option.icon && <Icon name={option.icon} size={18} />}
            {option.label}
            <Menu.RadioItemIndicator className={styles.itemCheck}>
              <Icon name="check" size={18} />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Popup>
  );
}

interface ActionsProps {
  trigger: ReactElement;
  heading?: ReactNode;
  actions: { label: string; icon: IconName; onChoose: () => void }[];
}

/** A menu of things to do. */
export function Actions({ trigger, heading, actions }: ActionsProps) {
  return (
    <Popup trigger={trigger}>
      {heading && <div className={styles.heading}>{heading}</div>}
      {actions.map(({ label, icon, onChoose }) => (
        <Menu.Item key={label} className={styles.item} onClick={onChoose}>
          <Icon name={icon} size={18} />
          {label}
        </Menu.Item>
      ))}
    </Popup>
  );
}

function Popup({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger render={trigger} />
      <Menu.Portal>
        <Menu.Positioner className={styles.positioner} sideOffset={6} align="end">
          <Menu.Popup className={styles.popup}>{children}</Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
