// The words of `stores.ts` in English, apart from their Japanese, with which the app starts.
import type { storesJa } from "./stores";
import type { Widened } from "./widened";

export const storesEn: Widened<typeof storesJa> = {
  menu: "Get the app",
  title: "Get the app",
  body: "To use another device, or to update the app, scan the QR code on that device.",
  warning: "Get the app only from the places shown here or named by your institution.",
  kinds: { ios: "iPhone, iPad", android: "Android", computer: "Computer" },
  alt: (kind) => `QR code of where the app for ${kind} is`,
};
