import type { ButtonHTMLAttributes } from "react";
import styles from "./Button.module.css";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";

type Kind = "primary" | "plain" | "quiet" | "danger";

interface Look {
  kind?: Kind | undefined;
  icon?: IconName | undefined;
  large?: boolean | undefined;
}

/** The classes of something that looks like a button, for links. */
export function buttonLook({ kind = "plain", large }: Look = {}): string {
  return classes(styles.button, styles[kind], large && styles.large);
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Look {
  busy?: boolean | undefined;
}

export function Button({ kind, icon, large, busy, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy === true}
      aria-busy={busy}
      className={classes(buttonLook({ kind, large }), busy && styles.busy, className)}
    >
      {icon && <Icon name={icon} size={18} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  icon: IconName;
  /** What it does, for those who do not see the icon, and on hovering. */
  label: string;
  kind?: Kind;
}

export function IconButton({ icon, label, kind = "quiet", className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      title={label}
      aria-label={label}
      className={classes(styles.button, styles[kind], styles.icon, className)}
    >
      <Icon name={icon} />
    </button>
  );
}
