// The words of `keys.ts` in English, apart from their Japanese, with which the app starts.
import type { keysJa } from "./keys";

export const keysEn: typeof keysJa = {
  title: "Keyboard",
  list: [
    { key: "Ctrl + C", does: "Copy the password" },
    { key: "R", does: "Read the password out (while it has the focus)" },
    { key: "Esc", does: "Back to the screen before" },
    { key: "Ctrl + ,", does: "Open the settings" },
    { key: "Ctrl + + / − / 0", does: "Change the text size, or put it back" },
    { key: "Ctrl + W", does: "Close the window" },
    { key: "Ctrl + Q", does: "Quit the app" },
  ],
};
