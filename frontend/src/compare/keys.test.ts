import { expect, test } from "vitest";
import { commandOf, nextSpeed } from "./keys";

const press = (key: string, on = "BODY", type?: string) =>
  commandOf({ key, on, type, hasModifier: false });

test("keys as players everywhere have them", () => {
  expect(press(" ")).toEqual({ do: "toggle" });
  expect(press("K")).toEqual({ do: "toggle" });
  expect(press("j")).toEqual({ do: "move", byS: -10 });
  expect(press("o")).toEqual({ do: "swap" });
  expect(press("3")).toEqual({ do: "jump", share: 0.3 });
  expect(press("x")).toBeNull();
});

test("who writes, chooses or presses a button is left alone", () => {
  expect(press("k", "INPUT", "text")).toBeNull();
  expect(press("k", "TEXTAREA")).toBeNull();
  expect(press("k", "SELECT")).toBeNull();
  expect(press(" ", "BUTTON")).toBeNull();
  expect(press("m", "BUTTON")).toEqual({ do: "mute" });
  expect(press("ArrowLeft", "INPUT", "range")).toBeNull();
  expect(press("k", "INPUT", "range")).toEqual({ do: "toggle" });
  expect(commandOf({ key: "f", on: "BODY", hasModifier: true })).toBeNull();
});

test("speeds go by steps and end", () => {
  expect(nextSpeed(1, 1)).toBe(1.25);
  expect(nextSpeed(0.5, -1)).toBe(0.5);
  expect(nextSpeed(2, 1)).toBe(2);
});
