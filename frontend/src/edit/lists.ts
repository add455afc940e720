/** Makes a list of something that is replaced, never changed; the same list while it is equal. */
export function keeping<T extends object>(
  listOf: (of: T) => readonly string[],
): (of: T) => readonly string[] {
  let last: { of: T; list: readonly string[] } | null = null;
  return (of) => {
    if (last?.of === of) return last.list;
    const list = listOf(of);
    last = { of, list: last && isSame(last.list, list) ? last.list : list };
    return last.list;
  };
}

/** Whether two lists have the same items in the same order. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, n) => each === other[n]);
}
