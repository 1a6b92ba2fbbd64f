import type { Language, LocalizedView } from "../ipc/types";
import { ja, type Messages } from "./ja";

/** Japanese is there from the start; English follows in a script of its own. */
const catalogues: { ja: Messages; en: Messages | null } = { ja, en: null };

/** Loads the texts of every language, so that a switch waits for nothing. */
export async function loadLanguages(): Promise<void> {
  catalogues.en ??= (await import("./en")).en;
}

/** The customer's choice, else the first language of the system that we speak, else Japanese. */
export function pickLanguage(chosen: Language | null, system: readonly string[]): Language {
  if (chosen !== null) return chosen;
  for (const tag of system) {
    const base = tag.toLowerCase().split(/[-_]/)[0];
    if (base === "ja" || base === "en") return base;
  }
  return "ja";
}

class I18n {
  #language = $state<Language>("ja");
  #chosen: Language = "ja";
  /** Settles once the texts of the language chosen last are in force. */
  ready: Promise<void> = Promise.resolve();

  get language(): Language {
    return this.#language;
  }

  /** Switches the texts, the `lang` attribute and the window's title; at once if the texts are there. */
  set language(language: Language) {
    this.#chosen = language;
    this.ready = this.#speak();
  }

  async #speak(): Promise<void> {
    if (catalogues[this.#chosen] === null) await loadLanguages();
    this.#language = this.#chosen;
    document.documentElement.lang = this.#language;
    document.title = this.m.app.name;
  }

  /** The texts in force. */
  get m(): Messages {
    return catalogues[this.#language] ?? ja;
  }

  /** The text of a name that comes from outside, in the language in force. */
  of(text: LocalizedView): string {
    return text[this.#language];
  }
}

export const i18n = new I18n();

/** Digits read one by one: ゼロ・いち・に, or zero one two. */
export function spoken(digits: string): string {
  const readings = i18n.m.readings;
  const words = [...digits].map((digit) => readings[Number(digit)] ?? digit);
  return words.join(i18n.language === "ja" ? "・" : " ");
}
