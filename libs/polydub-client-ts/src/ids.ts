const BYTES = 16;

/**
 * An id that nothing else has: 32 hexadecimal digits, all of them random. Pages that came over plain
 * http have no `crypto.randomUUID`.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
