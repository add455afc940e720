const LETTER = /^[\p{L}\p{M}]$/u;
const LATIN = /^\p{Script=Latin}$/u;
const DIGIT = /^\p{Nd}$/u;

/** A key by the name it has on Latin layouts; letters and digits of others go by their place. */
export function latinKey({ key, code }: Pick<KeyboardEvent, "key" | "code">): string {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit !== undefined && DIGIT.test(key)) return digit;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter === undefined || !LETTER.test(key) || LATIN.test(key)) return key;
  return /\p{Lu}/u.test(key) ? letter : letter.toLowerCase();
}
