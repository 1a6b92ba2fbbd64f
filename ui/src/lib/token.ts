// Where a token stands, in words, by what the app knows of it without asking.
import type { Messages } from "./i18n/ja";
import type { LocalizedView, TokenView } from "./ipc/types";
import { haltCode } from "./pick";

/** Whether the service will never again accept a code of it. */
export function isOver(token: TokenView): boolean {
  return token.expired || (token.halt !== null && token.halt !== "locked" && token.halt !== "suspended");
}

/** What the service said last, else the date, else whether the app has heard of a registration. */
export function tokenWords(m: Messages, token: TokenView): string {
  if (token.halt !== null) return m.errors[haltCode(token.halt)].title;
  if (token.expired) return m.errors.expired.title;
  return token.matchNumber === null ? m.tokens.usable : m.tokens.unregistered;
}

/** A token to be removed, usable or not: of one that cannot be read little is known. */
export interface Doomed {
  readonly id: string;
  readonly name: string;
  readonly serial: string | null;
  readonly contact: string | null;
  /** What is known of it, where it could be read. */
  readonly token: TokenView | null;
}

/** What is asked about before a token that could be read is removed. */
export function doomed(token: TokenView, of: (text: LocalizedView) => string): Doomed {
  return {
    id: token.id,
    name: of(token.institutionName),
    serial: token.serialGrouped,
    contact: of(token.contact),
    token,
  };
}
