import { Polydub } from "polydub-client";

const signedOutListeners = new Set<() => void>();

/** The gateway that serves this page. */
export const polydub = new Polydub({
  auth: "cookies",
  onSignedOut: () => {
    for (const listener of signedOutListeners) listener();
  },
});

export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}
