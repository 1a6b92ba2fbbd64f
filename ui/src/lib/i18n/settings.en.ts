// The words of `settings.ts` in English, apart from their Japanese, with which the app starts.
import type { settingsJa } from "./settings";

export const settingsEn: typeof settingsJa = {
  title: "Settings",
  language: "Language",
  system: "As the device is set",
  textSize: "Text size",
  theme: "Colours",
  light: "Light",
  dark: "Dark",
  hideCode: "Hide the password",
  hideNever: "Never",
  hideUnfocused: "When I go to another window",
  hideAlways: "Always",
  hideCodeHint: "Press a hidden password to show it. It can be copied while it is hidden.",
  clearAfter: "Clear a copied password",
  clearAfterHint: "If you have copied something else since, nothing is cleared.",
  secs: (secs) => `After ${secs} seconds`,
  showNext: "Next password",
  showNextHint: "In the last 10 seconds the next password stands beside this one.",
  nextShown: "Show",
  nextLeftOut: "Do not show",
  screenshots: "Pictures of the screen",
  screenshotsBlocked: "Block",
  screenshotsAllowed: "Allow for 5 minutes",
  screenshotsHint:
    "This means screenshots, recordings and screen sharing. After 5 minutes, or when the app is closed, they are blocked again by themselves.",
  screenshotsOpen:
    "On this device an app cannot prevent screenshots, recordings or screen sharing. Please take no pictures of a screen that shows a password, and do not share it with anybody.",
  tray: "When the window is closed",
  trayHint: "In the tray, the icon's menu shows the time left and copies the password.",
  trayQuit: "Quit the app",
  trayStay: "Stay in the tray",
  trayMissing: "This desktop has no tray to stay in.",
  notKept: "This setting could not be saved. It holds until the app is closed.",
  done: "Close",
};
