// Payments as they are typed and read out.
import type { Language } from "./ipc/types";

/** An amount as people write it (`￥50,000`, `５０，０００円`) as digits; anything else stays, to be told of. */
export function plainAmount(text: string): string {
  const narrow = text.normalize("NFKC").trim().replace(/^[¥\\]\s*/u, "").replace(/\s*円$/u, "");
  return /^[0-9]{1,3}(,[0-9]{3})+$/.test(narrow) ? narrow.replaceAll(",", "") : narrow;
}

const UNITS = ["", "万", "億", "兆"];

/** The amount as it is read: 5万円, 1億2,000円; in English its digits in groups are. */
export function spokenAmount(digits: string, language: Language): string {
  const grouped = (number: number) => new Intl.NumberFormat("en").format(number);
  if (language === "en") return `${grouped(Number(digits))} yen`;
  const parts: string[] = [];
  for (let end = digits.length, unit = 0; end > 0; end -= 4, unit += 1) {
    const part = Number(digits.slice(Math.max(0, end - 4), end));
    if (part > 0) parts.unshift(`${grouped(part)}${UNITS[unit] ?? ""}`);
  }
  return `${parts.join("")}円`;
}
