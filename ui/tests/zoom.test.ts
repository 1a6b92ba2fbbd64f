import { expect, it } from "vitest";
import { resized, sizeText, watchZoomKeys } from "../src/lib/zoom";

it("goes up to 400 % and back in steps", () => {
  let percent = 100;
  for (let press = 0; press < 12; press += 1) percent = resized(percent, "+") ?? 0;
  expect(percent).toBe(400);
  expect(resized(400, "-")).toBe(350);
  expect(resized(100, "-")).toBe(100);
  expect(resized(250, "0")).toBe(100);
  expect(resized(100, "a")).toBeNull();
});

it("sizes the page with Ctrl and +, and leaves a plain + alone", () => {
  watchZoomKeys();
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "+" }));
  expect(document.documentElement.style.fontSize).toBe("");
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "+", ctrlKey: true }));
  expect(document.documentElement.style.fontSize).toBe("125%");
});

it("begins at the size that was set, and goes back to it", () => {
  const size = () => document.documentElement.style.fontSize;
  const press = (key: string) => window.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: true }));
  sizeText(150);
  expect(size()).toBe("150%");
  press("+");
  expect(size()).toBe("175%");
  press("0");
  expect(size()).toBe("150%");
  press("-");
  expect(size()).toBe("125%");
  // What is set already is not set again: the theme may be chosen without the size going back.
  sizeText(150);
  expect(size()).toBe("125%");
  sizeText(100);
  expect(size()).toBe("");
});
