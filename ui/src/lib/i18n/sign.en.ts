// The words of `sign.ts` in English, apart from their Japanese, with which the app starts.
import type { ErrorText } from "./ja";
import type { SignError, signJa } from "./sign";

export const signEn: typeof signJa = {
  title: "Sign a transfer",
  lead: "Read the QR code that your internet banking page shows, or type the transfer in.",
  scanTitle: "Fill in by QR code",
  scanHint: "Copy or save the part of the screen with the QR code as a picture. You can drop it here, too.",
  scanned: "The transfer has been read.",
  byHand: "Type the transfer in",
  bank: "Bank code",
  bankHint: "4 digits",
  branch: "Branch code",
  branchHint: "3 digits",
  kind: "Kind of account",
  kinds: [
    { value: "普通", label: "Ordinary (普通)" },
    { value: "当座", label: "Current (当座)" },
    { value: "貯蓄", label: "Savings (貯蓄)" },
  ],
  number: "Account number",
  numberHint: "7 digits; put zeros in front of a shorter one",
  name: "Payee's name",
  nameHint: "Katakana, letters and digits; hiragana become katakana",
  amount: "Amount (yen)",
  amountHint: "For example 50000",
  paid: "Amount",
  next: "Review the transfer",
  toCode: "Show the one-time password",
  choose: (field) => `Please choose the ${field.toLowerCase()}.`,
  characters: (field) =>
    `${field}: please use katakana, letters, digits, spaces and ( ) - . , / ¥ only.`,
  tooLong: (field, most) => `${field}: please use ${most} characters at most.`,
  wrongAmount: "Please enter an amount of 1 yen or more, in digits.",
  reviewTitle: "Review what you sign",
  reviewLead:
    "Compare it with the bill or your own notes and make sure that this is what you want to pay. Do not sign for a payee you do not know.",
  warning: "Nobody will ever ask you for a signature by telephone or mail.",
  sign: "Sign this transfer",
  change: "Change it",
  yen: (amount) => `${amount} yen`,
  resultTitle: "Signature",
  resultLead: "Type it into your internet banking page. It is good for the transfer below alone.",
  speak: "Read aloud",
  copyOf: "Copy the signature",
  over: "The signature is no longer shown.",
  again: "Show it again",
  signedPayment: "Signed transfer",
  another: "Sign another transfer",
};

export const signErrorsEn: Record<SignError, ErrorText> = {
  "signing-not-allowed": {
    title: "Signing is not available",
    body: "Your institution takes no signatures of transfers.",
    next: "Confirm the transfer on its page with the one-time password.",
  },
  "invalid-payment": {
    title: "Please check the transfer",
    body: "Something in it cannot be signed.",
    next: "Correct the fields that are marked and try again.",
  },
  "qr-not-payment": {
    title: "Not the QR code of a transfer",
    body: "This QR code is not of a transfer to sign.",
    next: "Read the one on the page where your internet banking asks for a signature.",
  },
  "qr-damaged": {
    title: "The QR code is not right",
    body: "What is in the QR code is damaged or was changed. Nothing was signed.",
    next: "Open the page again and retry. If it goes on, please ask your institution.",
  },
  "qr-other-institution": {
    title: "Another institution's QR code",
    body: "This QR code is for a token of another institution.",
    next: "Show that institution's token by the menu's list of tokens, then try again.",
  },
};
