import { useEffect, type ReactNode } from "react";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import styles from "./parts.module.css";

export function Card({ children, className }: { children: ReactNode; className?: string | undefined }) {
  return <section className={classes(styles.card, className)}>{children}</section>;
}

export type Tone = "neutral" | "active" | "good" | "warn" | "bad";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={classes(styles.badge, tone !== "neutral" && styles[tone])}>{children}</span>
  );
}

interface NoteProps {
  tone: Tone;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  icon?: IconName;
}

/** Something that people should know, with what to do about it. */
export function Note({ tone, title, children, action, icon = "alert" }: NoteProps) {
  return (
    <div className={classes(styles.note, styles[tone === "neutral" ? "plain" : tone])} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icon} />
      <div className={styles.noteText}>
        <p className={styles.noteTitle}>{title}</p>
        {children && <div className={styles.noteHint}>{children}</div>}
      </div>
      {action && <div className={styles.noteAction}>{action}</div>}
    </div>
  );
}

interface BarProps {
  /** 0 to 1. */
  value: number;
  label: string;
  large?: boolean;
  failed?: boolean;
}

export function Bar({ value, label, large, failed }: BarProps) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={classes(styles.track, large && styles.trackLarge)}
    >
      <div
        className={styles.fill}
        data-done={value >= 1}
        data-failed={failed}
        style={{ width: `${percent}%` }}
      />
    </div>
  );
}

/** The class of a link to where somebody came from, with an icon before its words. */
export const backLook = styles.back;

/** The class of a link that a whole row leads to; what else can be pressed there lies above it. */
export const rowLinkLook = styles.rowLink;
export const aboveRowLink = styles.aboveRowLink;

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** It is all there is: its title is the route's. */
  isWhole?: boolean;
}

export function Empty({ icon, title, children, action, isWhole }: EmptyProps) {
  const Title = isWhole ? "h1" : "h2";
  return (
    <div className={styles.empty}>
      <span className={styles.emptyIcon}>
        <Icon name={icon} size={28} />
      </span>
      <Title>{title}</Title>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Stands where something will be, in about its size. */
export function Skeleton({ height, width = "100%" }: { height: string; width?: string }) {
  return <div className={styles.skeleton} style={{ height, width }} aria-hidden="true" />;
}

/** A route's heading; it also names the browser's tab. */
export function PageHead({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: ReactNode;
  children?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Polydub`;
  }, [title]);
  return (
    <header className={styles.head}>
      <div>
        <h1 title={title}>{title}</h1>
        {lead && <p className={styles.lead}>{lead}</p>}
      </div>
      {children}
    </header>
  );
}
