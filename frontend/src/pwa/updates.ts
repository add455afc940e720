import i18next from "i18next";
import { toasts } from "../design/Toasts";

const LOOK_EVERY_MS = 3_600_000;

/** Lets the page open without a network, and tells when there is a newer one. */
export async function startWorker(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  try {
    const registration = await serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const look = () => void tellOfUpdate(registration);
    look();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", look);
    });
    lookNowAndThen(registration);
  } catch {
    // A browser that allows none: the page works as well, with a network.
  }
}

async function tellOfUpdate({ waiting }: ServiceWorkerRegistration): Promise<void> {
  if (!waiting) return;
  const takeOver = () => waiting.postMessage({ ask: "takeOver" });
  if (await isOfThisPage(waiting)) {
    takeOver(); // the page came from the network and is as new as the worker
    return;
  }
  toasts.add({
    title: i18next.t("updateReady"),
    timeout: 0,
    actionProps: {
      children: i18next.t("reload"),
      onClick: () => {
        navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
          once: true,
        });
        takeOver();
      },
    },
  });
}

/** Whether a worker belongs to the very build that runs here. */
function isOfThisPage(worker: ServiceWorker): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  const entry = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  const script = entry ? new URL(entry.src).pathname : "";
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data === true);
    worker.postMessage({ ask: "isYours", script }, [port2]);
  });
}

/** For pages that stay open for days. */
function lookNowAndThen(registration: ServiceWorkerRegistration): void {
  let lookedAt = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = Date.now();
    registration.update().catch(() => undefined); // offline: the next time will do
  });
}
