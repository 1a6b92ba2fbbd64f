// What the customer set, put into force on the page.
import type { Settings, TextSize } from "./ipc/types";
import { sizeText } from "./zoom";

/** What holds while nothing is known of a profile. */
export const DEFAULTS: Settings = {
  language: null,
  theme: "system",
  textSize: "normal",
  hideCode: "never",
  clearAfter: "half-a-minute",
  showNext: true,
  keepInTray: false,
  lockAfter: "five-minutes",
};

/** Per cent of the system's own size. */
export const PERCENT: Record<TextSize, number> = {
  normal: 100,
  large: 125,
  larger: 150,
  largest: 200,
};

/** Sets colours and size; what is so already is left alone, as the page would be styled anew. */
export function wearSettings(
  { theme, textSize }: Settings,
  root: HTMLElement = document.documentElement,
): void {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  sizeText(PERCENT[textSize], root);
}
