/** A text that ends as a sentence does, so that another can follow it. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?…:。！？؟]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Whether one text begins with all that another says: it says that again, and more. */
export function repeats(text: string, said: string): boolean {
  const bare = said.trim().replace(/[.!?…]$/, "").toLowerCase();
  return bare !== "" && text.trim().toLowerCase().startsWith(bare);
}
