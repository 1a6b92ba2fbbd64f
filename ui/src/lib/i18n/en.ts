// English, equal to the Japanese: a missing or surplus key does not compile.
import type { Messages } from "./ja";
import { keysEn } from "./keys.en";
import { lifeEn } from "./life.en";
import { storesEn } from "./stores.en";
import { tokensEn } from "./tokens.en";
import { linkEn } from "./link.en";
import { qrErrorsEn, setupQrEn } from "./qr.en";
import { pinEn, pinErrorsEn } from "./pin.en";
import { settingsEn } from "./settings.en";
import { signErrorsEn, signEn } from "./sign.en";

const plural = (count: number, one: string) => (count === 1 ? `${count} ${one}` : `${count} ${one}s`);

export const en: Messages = {
  app: {
    name: "One-Time Password",
    product: "Shinkin (Personal) One-Time Password",
    switchLanguage: "日本語",
    back: "Back",
    retry: "Try again",
    contact: "Contact",
    contactUnknown: "Please ask at your branch.",
    opening: "Preparing your one-time password",
    working: "Working",
  },
  welcome: {
    title: "Set up your one-time password",
    lead: "This app shows the passwords for internet banking that can be used only once.",
    start: "I am new here",
    startHint: "You have no service ID",
    activate: "I have a service ID",
    activateHint: "Use the service ID and user ID shown when your token was issued",
    choose: "Choose your institution",
    add: "Add a token",
  },
  consent: {
    title: "Before you begin",
    first:
      "To keep your data from being stolen or copied, this app does not let its data be carried over to another device.",
    second:
      "Before you change your phone or delete the app, complete the procedure of your service (exchange, stop or release).",
    third: "Without it you will no longer be able to use one-time passwords.",
    agree: "I agree to the above",
    needed: "Please tick the box to go on.",
    next: "Next",
  },
  setup: {
    title: "Initial setup",
    lead: "Enter the service ID, the user ID and the activation password, then press Send.",
    serviceId: "Service ID",
    serviceIdHint: "8 digits",
    userId: "User ID",
    userIdHint: "12 digits",
    password: "Activation password",
    passwordHint: "The 4 to 8 digits you chose when the token was issued",
    send: "Send",
    unknownService: "No institution has this service ID. Please check the number.",
    empty: (field) => `Please enter the ${field.toLowerCase().replace(" id", " ID")}.`,
    notDigits: (field) => `${field}: please enter digits only.`,
    length: (field, least, most, found) =>
      `${field}: ${least === most ? `${least}` : `${least} to ${most}`} digits are needed; there ${
        found === 1 ? "is" : "are"
      } ${found} now.`,
  },
  sending: {
    title: "Communicating…",
    steps: { connect: "Connect", prove: "Prove identity", register: "Register", save: "Save" },
    done: "done",
    now: "in progress",
    safe: "It is safe to cancel. You can go on later from where you stopped.",
    cancel: "Cancel",
    cancelling: "Cancelling…",
  },
  held: {
    kept: "The service ID and user ID you entered are kept.",
    wait: (secs) =>
      secs >= 120
        ? `Please try again in about ${plural(Math.ceil(secs / 60), "minute")}.`
        : `Please try again in ${plural(secs, "second")}.`,
    resume: "Go on from there",
    giveUp: "Give this setup up",
    pendingTitle: "A setup is unfinished",
    pendingBody: (name) => `The setup for ${name} was interrupted. You can go on from there.`,
    passwordAgain: "Please enter the activation password again.",
    tryAgain: "Enter again",
    levels: (level, lowest) => `This device protects at level ${level}; level ${lowest} is needed.`,
  },
  done: {
    title: "Setup complete",
    ok: "The initial setup was completed.",
    clock: "Please set the date and time of your device to Japan time and its time zone to Japan.",
    period: (secs) =>
      `The one-time password changes every ${secs} seconds. Each time, use the one that is shown.`,
    match: "Match number",
    matchHint: "Please check that your internet banking page shows the same number.",
    then: "What to do next",
    thenSerial:
      "In internet banking, open the page to start using one-time passwords, and type the serial number and the one-time password of the next screen.",
    thenPassword:
      "In internet banking, open the page to start using one-time passwords, and type the one-time password of the next screen.",
    next: "Next",
  },
  code: {
    label: "One-time password",
    secs: (secs) => `${secs} s left`,
    next: "Next password",
    ending: "About to change",
    copy: "Copy",
    copyOf: (name) => `Copy the one-time password of ${name}`,
    hidden: "The password is hidden",
    show: "Show",
    hide: "Hide",
    copied: (secs) => `Copied (cleared in ${secs} seconds)`,
    copiedNext: (secs) =>
      `About to change, so the next password was copied (cleared in ${secs} seconds)`,
    copiedSerial: "Serial number copied",
    copyFailed: "Could not copy. Please type the digits shown.",
    serial: "Serial number",
    copySerial: "Copy the serial number",
    qr: "QR code",
    qrOfSerial: "Show a QR code of the serial number",
    startedAt: "Start of use",
    expiresAt: "Valid until",
    match: "Match number",
    spokenNew: "New password",
    spokenEnding: "5 seconds left",
    timer: "Time left",
    pending: "A setup is unfinished",
  },
  menu: {
    diagnostics: "Diagnostics",
    open: "Menu",
    mode: "Switch mode",
    tokens: "Tokens",
    check: "Check the token",
    exchange: "Exchange",
    stop: "Stop using this token",
    add: "Initial setup (add)",
    language: "Language: 日本語",
    settings: "Settings",
    about: "About this app",
  },
  keys: keysEn,
  pin: pinEn,
  settings: settingsEn,
  sign: signEn,
  life: lifeEn,
  tokens: tokensEn,
  stores: storesEn,
  setupQr: setupQrEn,
  link: linkEn,
  check: {
    title: "Check the token",
    asking: "Asking your institution…",
    asked: "Checked on",
    again: "Check again",
    state: "Registration",
    registered: "Registered: this token can be used.",
    unregistered: "Not registered yet. Please register it in internet banking.",
    registerBefore: "To be registered before",
    lastUsed: "Last used",
    clock: "Clock of this device",
    renewable: "It ends soon. Please set a new token up as your institution tells you.",
    resync:
      "Your institution asks for the clock to be matched: please type two codes in a row on your internet banking page.",
  },
  diagnostics: {
    title: "Diagnostics",
    looking: "Looking at this device…",
    looked: "Looked at this device.",
    hint: "What a token needs, as it is on this device. Please copy it into your message when you ask for help: it holds no password and no key.",
    copy: "Copy the report",
    copied: "Copied",
    copyFailed: "It could not be copied",
    again: "Look again",
  },
  mode: {
    title: "Switch mode",
    standard: "Standard",
    standardHint: "Shows the serial number, start of use and validity below the password.",
    plain: "Password only",
    plainHint: "Hides the serial number and shows the password larger.",
    signingHint: "Shows a transfer's payee and amount, then a signature good for that transfer alone.",
    digits: "Digits of the password",
    six: "6 digits",
    eight: "8 digits",
    current: "Shown now",
    done: "Close",
  },
  qr: {
    title: "QR code of the serial number",
    alt: (serial) => `QR code of the serial number ${serial}`,
    hint: "It holds the serial number only, never a password.",
  },
  about: {
    title: "About this app",
    version: "Version",
    level: "Protection",
    attested: "The service verified the security chip's certificate at set-up.",
    affiliation: "This app is not affiliated with any real institution.",
    licence: "Licence: MIT or Apache-2.0",
  },
  trouble: {
    startOver: "Start over",
    startOverBody:
      "The present data is moved aside and the app begins anew. The tokens of this device can then no longer be used, so please contact your branch first.",
    startOverConfirm: "Start over",
    saved: (where) => `Saved at: ${where}`,
  },
  disk: {
    full: "There is no space left. Please delete files you do not need, then try again.",
    "read-only": "The place where data is kept is read-only. Please make it writable, then try again.",
    denied: "You may not use the folder where data is kept. Please check whose folder it is.",
    other: "The place where data is kept cannot be read or written. Please check the disk, then try again.",
  },
  readings: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  errors: {
    ...qrErrorsEn,
    ...pinErrorsEn,
    ...signErrorsEn,
    "invalid-form": {
      title: "Please check what you entered",
      body: "There is a mistake in the numbers you entered.",
      next: "Correct the marked fields and send again.",
    },
    "wrong-way": {
      title: "Not set up this way",
      body: "This institution sets tokens up the other way.",
      next: "Go back to the first screen and choose the other way.",
    },
    "consent-needed": {
      title: "Your consent is needed",
      body: "To use this app you need to agree to its conditions.",
      next: "Go back to the first screen and read them.",
    },
    "not-agreed": {
      title: "Nothing was done",
      body: "You did not agree, so nothing was changed.",
      next: "To have it done, try again and agree.",
    },
    "unknown-token": {
      title: "Token not found",
      body: "This token is no longer on this device.",
      next: "Please choose one from the list of tokens.",
    },
    "digits-not-allowed": {
      title: "This length cannot be chosen",
      body: "Your institution does not use passwords of this length.",
      next: "Please use the other length.",
    },
    "activation-refused": {
      title: "The setup was refused",
      body: "The service ID, the user ID or the activation password is wrong, or has expired.",
      next: "Check the page where the token was issued and enter them again, or issue a new token in internet banking.",
    },
    "suspected-copy": {
      title: "The token has been stopped",
      body: "Another device used this token, or an old backup of it was put back. It has been stopped for good.",
      next: "Whether or not you know why, call the desk below at once. Then delete it from the list of tokens and set a new one up.",
    },
    "token-locked": {
      title: "The token is locked",
      body: "Too many wrong one-time passwords were typed in internet banking.",
      next: "Have it unlocked at the desk below, then press “Check again”.",
    },
    "token-suspended": {
      title: "The token is suspended",
      body: "Your institution has suspended this token.",
      next: "Please ask at the desk below; once it is resumed, press “Check again”.",
    },
    stopped: {
      title: "The token has been ended",
      body: "The procedure to stop or release this token is complete.",
      next: "To go on, delete this token and set a new one up.",
    },
    replaced: {
      title: "The token was exchanged",
      body: "Another token has taken this one's place.",
      next: "Please use that one.",
    },
    "check-refused": {
      title: "The token cannot be checked",
      body: "The service knows no such token of this device.",
      next: "Please try again a little later. If it goes on, contact your institution.",
    },
    "not-set-up": {
      title: "Not set up yet",
      body: "There is no token on this device.",
      next: "Please complete the initial setup.",
    },
    "nothing-pending": {
      title: "Nothing to go on with",
      body: "No unfinished setup was found.",
      next: "Please begin the setup on the first screen.",
    },
    "password-needed": {
      title: "Activation password needed",
      body: "To go on, the activation password has to be entered again.",
      next: "Please enter the activation password.",
    },
    "set-up-pending": {
      title: "Another setup is unfinished",
      body: "A setup that was begun before has not been finished.",
      next: "Go on with it or give it up, then try again.",
    },
    "level-too-low": {
      title: "This device cannot be used",
      body: "This device cannot keep a token of this institution safely enough.",
      next: "Please set up on another device, or ask your institution.",
    },
    "update-needed": {
      title: "Please update the app",
      body: "This version can set no new token up. Tokens on this device go on working.",
      next: "Update to the newest version (see “Get the app”), then set the token up.",
    },
    expired: {
      title: "The token has expired",
      body: "The validity of this token has ended; its passwords are no longer accepted.",
      next: "Please have it reissued in internet banking and set up again.",
    },
    lapsed: {
      title: "This token cannot be registered",
      body: "It was not registered in time and is no longer valid.",
      next: "Please set up again from the beginning.",
    },
    network: {
      title: "No connection",
      body: "The service could not be reached. Nothing was lost.",
      next: "Please check your connection and try again.",
    },
    busy: {
      title: "The service is busy",
      body: "The service has too much to do at the moment. Nothing was lost.",
      next: "Please try again a little later.",
    },
    "keystore-locked": {
      title: "The keyring is locked",
      body: "The key that protects your passwords is kept in the keyring of this computer, which is locked now.",
      next: "Unlock the keyring, then press “Try again”.",
    },
    "keystore-absent": {
      title: "No keyring was found",
      body: "No keyring, which would keep the key safely, is running on this computer. Nothing was lost.",
      next: "Install and start GNOME Keyring or KDE Wallet, then press “Try again”.",
    },
    "keystore-slow": {
      title: "Waiting for the keyring",
      body: "The keyring has not answered yet. Its question may be hidden behind another window.",
      next: "If there is a question, answer it, then press “Try again”.",
    },
    "keystore-not-entitled": {
      title: "This app may not use the keychain",
      body: "This build of the app is not signed with the keychain entitlement, so the system keeps no key for it. Nothing was lost.",
      next: "Install the app as your institution provides it, then open it again.",
    },
    "item-missing": {
      title: "The key of the token is gone",
      body: "A token was set up on this device, but its key is no longer there. No passwords can be shown for it.",
      next: "Contact your branch, have the token reissued or stopped, then set up again.",
    },
    "device-key-gone": {
      title: "The key of this device is gone",
      body: "The security area of this device was cleared, so the token cannot be used.",
      next: "Contact your branch, have the token reissued, then set up again.",
    },
    "chip-absent": {
      title: "The security chip cannot be used",
      body: "The security chip (TPM) that guards the token’s key cannot be reached. The token is not lost.",
      next: "Restart the computer, then press “Try again”. If that does not help, check that the TPM is on and that you may use it, or contact your branch.",
    },
    "chip-busy": {
      title: "Waiting for the security chip",
      body: "The security chip (TPM) that guards the token’s key is busy with something else. The token is not lost.",
      next: "Press “Try again” in a while.",
    },
    "other-device": {
      title: "Cannot be used on this device",
      body: "This token was set up on another device. For safety it cannot be used by moving its data.",
      next: "Use it on the device where it was set up. To use this device, exchange or reissue the token.",
    },
    corrupt: {
      title: "The record is damaged",
      body: "The record of the token could not be read. It was saved aside so that it can be looked into.",
      next: "Contact your branch, have the token reissued, then set up again.",
    },
    "newer-format": {
      title: "Made by a newer app",
      body: "The record was made by a newer version of this app. Nothing was lost.",
      next: "Please update the app.",
    },
    "no-machine-id": {
      title: "This device cannot be recognised",
      body: "The identity of this device is missing, so a token cannot be tied to it.",
      next: "Ask your administrator to set up the machine-id, then press “Try again”.",
    },
    "in-use": {
      title: "Already running",
      body: "Another app is using the same tokens.",
      next: "Use the window you opened first, or close it and press “Try again”.",
    },
    disk: {
      title: "Cannot save",
      body: "The record of the token could not be read or written. What was there is not lost.",
      next: "Remove the cause, then press “Try again”.",
    },
    "institution-list": {
      title: "The list of institutions cannot be trusted",
      body: "The list is damaged or does not come from the right source. For safety it is not used.",
      next: "Please install the app again.",
    },
    "clock-off": {
      title: "The clock is wrong",
      body: "The date and time of this device are far off, so the right password cannot be computed.",
      next: "Set the date and time to Japan time, then press “Try again”.",
    },
    "service-answer": {
      title: "An answer could not be trusted",
      body: "What the service sent could not be verified. For safety it was not used.",
      next: "Please try again later. If it goes on, contact your institution.",
    },
    internal: {
      title: "A fault in the app",
      body: "The app could not go on. Your tokens are untouched.",
      next: "Close the app and start it again. If it goes on, contact your institution.",
    },
  },
};
