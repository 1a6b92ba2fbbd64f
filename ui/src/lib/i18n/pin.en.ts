// The words of `pin.ts` in English, apart from their Japanese, with which the app starts.
import type { pinErrorsJa, pinJa } from "./pin";

export const pinEn: typeof pinJa = {
  label: "PIN",
  hint: "The 4 to 12 digits you have set",
  open: "Unlock",
  wrong: (left) =>
    left === 1
      ? "The PIN is wrong. After one more wrong one the token can no longer be used."
      : `The PIN is wrong. After ${left} more wrong ones in a row the token can no longer be used.`,
  waitUntil: (moment) => `You can type it again after ${moment}.`,
  waitLeft: "Time left",
  left: (secs) =>
    secs >= 3600
      ? `${Math.floor(secs / 3600)} h ${Math.floor((secs % 3600) / 60)} min ${secs % 60} s`
      : secs >= 60
        ? `${Math.floor(secs / 60)} min ${secs % 60} s`
        : `${secs} s`,
  forgotten: "If you have forgotten the PIN",
  forgottenBody:
    "Your institution cannot look it up either. Have the token reissued or exchanged at your branch, then set it up again.",
  title: "App lock",
  isSet:
    "A PIN is set. It is asked for at the start, when nobody has touched the app for a while, and when the device is locked.",
  isNotSet:
    "With a PIN set, it is asked for at the start, when nobody has touched the app for a while, and when the device is locked. It is one for all tokens.",
  before: (most) =>
    `If you forget the PIN, or after ${most} wrong ones in a row, the token can no longer be used. There is no way back: your branch then has to reissue or exchange it.`,
  current: "Present PIN",
  fresh: "New PIN",
  freshHint: "4 to 12 digits, better 6 or more; not such as 1234 or 0000",
  again: "New PIN, again",
  againHint: "Please type it once more",
  different: "The two are not the same. Please type the same digits.",
  repeated: "The same digits over and over are guessed first. Please choose others.",
  inOrder: "Digits in their order are guessed first. Please choose others.",
  set: "Set the PIN",
  what: "What to do",
  change: "Change the PIN",
  remove: "Take the PIN off",
  done: { set: "The PIN is set.", change: "The PIN is changed.", remove: "The PIN is taken off." },
  edit: "Change or take off the PIN",
  lockNow: "Lock now",
  lockAfter: "Lock by itself after",
  minutes: (minutes) => (minutes === 1 ? "1 minute" : `${minutes} minutes`),
};

const askBranchEn = "Have the token reissued or exchanged at your branch, then set it up again.";

export const pinErrorsEn: typeof pinErrorsJa = {
  "invalid-pin": {
    title: "Please check the PIN",
    body: "This cannot be the PIN.",
    next: "Correct the field marked in red.",
  },
  "pin-wrong": {
    title: "The PIN is wrong",
    body: "The present PIN is wrong.",
    next: "Please type it again. After ten wrong ones in a row the token can no longer be used.",
  },
  "pin-needed": {
    title: "Please type your PIN",
    body: "The app is locked.",
    next: "Type your PIN.",
  },
  "pin-wait": {
    title: "Please wait a while",
    body: "After several wrong PINs none is looked at for a while. Starting the app again does not make it shorter.",
    next: "Type it again when the time has come.",
  },
  "pin-ended": {
    title: "The token can no longer be used",
    body: "After ten wrong PINs in a row the tokens of this app can no longer be used. There is no way back.",
    next: askBranchEn,
  },
  "pin-set": {
    title: "A PIN is set",
    body: "A PIN is set already.",
    next: "Choose to change it or to take it off.",
  },
  "no-pin": {
    title: "No PIN is set",
    body: "No PIN is set.",
    next: "Set one under App lock in the settings.",
  },
};
