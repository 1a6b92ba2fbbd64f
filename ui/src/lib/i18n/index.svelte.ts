import type { Language, LocalizedView } from "../ipc/types";
import { en } from "./en";
import { ja, type Messages } from "./ja";

const catalogues: Record<Language, Messages> = { ja, en };

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

  get language(): Language {
    return this.#language;
  }

  /** Switches the texts, the `lang` attribute and the window's title. */
  set language(language: Language) {
    this.#language = language;
    document.documentElement.lang = language;
    document.title = this.m.app.name;
  }

  /** The texts in force. */
  get m(): Messages {
    return catalogues[this.#language];
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
