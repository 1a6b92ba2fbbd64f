// The words of where the app comes from, in both languages.
import type { Widened } from "./life";

export const storesJa = {
  menu: "アプリの入手",
  title: "アプリの入手",
  body: "ほかの端末でご利用になるときや、アプリを更新するときは、その端末でQRコードを読み取ってください。",
  warning: "アプリは、ここに示す入手先か、金融機関の案内する入手先からだけ入手してください。",
  kinds: { ios: "iPhone・iPad", android: "Android", computer: "パソコン" },
  alt: (kind: string) => `${kind}用アプリの入手先のQRコード`,
};

export const storesEn: Widened<typeof storesJa> = {
  menu: "Get the app",
  title: "Get the app",
  body: "To use another device, or to update the app, scan the QR code on that device.",
  warning: "Get the app only from the places shown here or named by your institution.",
  kinds: { ios: "iPhone, iPad", android: "Android", computer: "Computer" },
  alt: (kind) => `QR code of where the app for ${kind} is`,
};
