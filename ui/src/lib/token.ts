// Where a token stands, in words, by what the app knows of it without asking.
import type { Messages } from "./i18n/ja";
import type { TokenView } from "./ipc/types";
import { haltCode } from "./pick";

/** What the service said last, else the date, else whether the app has heard of a registration. */
export function tokenWords(m: Messages, token: TokenView): string {
  if (token.halt !== null) return m.errors[haltCode(token.halt)].title;
  if (token.expired) return m.errors.expired.title;
  return token.matchNumber === null ? m.tokens.usable : m.tokens.unregistered;
}
