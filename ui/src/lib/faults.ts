// What is wrong with a field, in words.
import { i18n } from "./i18n/index.svelte";
import type { Fault } from "./ipc/types";

export function faultWords(label: string, found: Fault): string {
  switch (found.kind) {
    case "empty":
      return i18n.m.setup.empty(label);
    case "not-digits":
      return i18n.m.setup.notDigits(label);
    case "length":
      return i18n.m.setup.length(label, found.least, found.most, found.found);
    case "repeated":
      return i18n.m.pin.repeated;
    case "in-order":
      return i18n.m.pin.inOrder;
    case "choice":
      return i18n.m.sign.choose(label);
    case "characters":
      return i18n.m.sign.characters(label);
    case "too-long":
      return i18n.m.sign.tooLong(label, found.most);
    case "amount":
      return i18n.m.sign.wrongAmount;
  }
}
