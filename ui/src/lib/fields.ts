// Number fields as customers type them: full width, spaces, hyphens, pasted whole.
import type { Fault } from "./ipc/types";

export interface FieldRule {
  readonly least: number;
  readonly most: number;
  /** Digits in a group as shown while typing. */
  readonly group: number;
}

export const SERVICE_ID: FieldRule = { least: 8, most: 8, group: 4 };
export const USER_ID: FieldRule = { least: 12, most: 12, group: 4 };
export const PASSWORD: FieldRule = { least: 4, most: 8, group: 0 };
export const PIN: FieldRule = { least: 4, most: 12, group: 0 };

/** Spaces, hyphens and the dashes and long-vowel marks a Japanese keyboard offers for them. */
const SEPARATORS = /[\s\u200b\u00ad\-\u2010-\u2015\u2212\u30fc\uff70\uff0d_.]/gu;

/** Folds width (NFKC) and takes separators out. What else was typed stays, to be told of. */
export function fold(text: string): string {
  return text.normalize("NFKC").replace(SEPARATORS, "");
}

/** What is wrong with the text, or `null`. */
export function fault(text: string, rule: FieldRule): Fault | null {
  const folded = fold(text);
  if (folded === "") return { kind: "empty" };
  if (!/^[0-9]+$/.test(folded)) return { kind: "not-digits" };
  if (folded.length < rule.least || folded.length > rule.most) {
    return { kind: "length", least: rule.least, most: rule.most, found: folded.length };
  }
  return null;
}

/** The text in groups of digits; left as typed if it holds anything but digits. */
export function grouped(text: string, group: number): string {
  const folded = fold(text);
  if (group === 0 || !/^[0-9]*$/.test(folded)) return folded;
  return (folded.match(new RegExp(`.{1,${group}}`, "g")) ?? []).join(" ");
}

/** Where the caret stands in `after`, so that the same number of digits lies before it. */
export function caretAfter(before: string, caret: number, after: string): number {
  const digits = fold(before.slice(0, caret)).length;
  let seen = 0;
  for (let at = 0; at < after.length; at += 1) {
    if (seen === digits) return at;
    if (after[at] !== " ") seen += 1;
  }
  return after.length;
}
