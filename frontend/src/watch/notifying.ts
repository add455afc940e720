import i18next from "i18next";
import type { FeedChange } from "polydub-client";
import { useState } from "react";

const KEPT_AS = "polydub.notify";
const KEPT_AT_MOST = 50;

function wanted(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return []; // somebody else's words under our name
  }
}

function keep(ids: string[]): void {
  localStorage.setItem(KEPT_AS, JSON.stringify(ids.slice(-KEPT_AT_MOST)));
}

/** Shows the browser's own note about a dub that has ended, where somebody asked for it. */
export function notifyOfEnd(change: FeedChange): void {
  const ids = wanted();
  if (!ids.includes(change.job_id) || change.state === "deleted") return;
  keep(ids.filter((id) => id !== change.job_id));
  if (Notification.permission !== "granted") return;
  const isGood = change.state === "completed" || change.state === "completed_with_warnings";
  const note = new Notification(i18next.t(isGood ? "notify.done" : "notify.failed"), {
    body: i18next.t("notify.open"),
    tag: change.job_id,
    icon: "/favicon.svg",
  });
  note.onclick = () => {
    window.focus();
    location.assign(`/dubs/${change.job_id}`);
  };
}

export type Notifying = "unsupported" | "off" | "on" | "denied";

/** Whether a note will be shown for a dub, and how to ask for one (on a click). */
export function useNotifying(dubId: string): [Notifying, () => Promise<void>] {
  const isSupported = "Notification" in globalThis;
  const [state, setState] = useState<Notifying>(() => {
    if (!isSupported) return "unsupported";
    if (Notification.permission === "denied") return "denied";
    return Notification.permission === "granted" && wanted().includes(dubId) ? "on" : "off";
  });
  const ask = async () => {
    if (state === "on") {
      keep(wanted().filter((id) => id !== dubId));
      setState("off");
      return;
    }
    const permission = await Notification.requestPermission();
    if (permission === "granted") keep([...wanted(), dubId]);
    setState(permission === "granted" ? "on" : permission === "denied" ? "denied" : "off");
  };
  return [state, ask];
}
