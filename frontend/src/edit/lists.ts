/** Whether two lists have the same items in the same order. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, n) => each === other[n]);
}
