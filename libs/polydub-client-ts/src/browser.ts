/** What browsers have and Node may not. */
export const browser: Partial<
  Pick<typeof globalThis, "addEventListener" | "localStorage" | "location" | "removeEventListener">
> & { navigator?: Partial<Navigator> } = globalThis;
