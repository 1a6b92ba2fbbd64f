// The words of `tokens.ts` in English, apart from their Japanese, with which the app starts.
import type { tokensJa } from "./tokens";
import type { Widened } from "./widened";

export const tokensEn: Widened<typeof tokensJa> = {
  title: "Tokens",
  usable: "Shows passwords",
  unregistered: "Not known to be registered yet",
  shown: "Shown now",
  show: "Show this token",
  remove: "Delete",
  removeOf: (name) => `Delete the token of ${name}`,
  upOf: (name) => `Move ${name} up`,
  downOf: (name) => `Move ${name} down`,
  movedTo: (name, place, of) => `${name}: now ${place} of ${of}`,
  confirm: "Delete",
  keep: "Keep it",
  faulty: "Some tokens cannot be used",
  unknown: "Unknown token",
};
