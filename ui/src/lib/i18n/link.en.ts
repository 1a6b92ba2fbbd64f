// The words of `link.ts` in English, apart from their Japanese, with which the app starts.
import type { linkJa } from "./link";

export const linkEn: typeof linkJa = {
  title: "Fill this in?",
  lead: "A link opened this app. It fills the following into the form of the initial setup.",
  institution: "Institution",
  warning:
    "Cancel, unless this is your institution and you are setting up a token there yourself. Never tell an activation password or a one-time password to whoever sent a link.",
  cancel: "Cancel",
  agree: "Fill in",
  refusedTitle: "This link cannot be used",
  refused: "It is not a link for the initial setup, or it is damaged.",
  refusedNext: "Nothing was filled in. Please leave links you do not expect alone, and start from your institution’s own page.",
  close: "Close",
};
