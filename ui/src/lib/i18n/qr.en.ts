// The words of `qr.ts` in English, apart from their Japanese, with which the app starts.
import type { qrErrorsJa, setupQrJa } from "./qr";

export const setupQrEn: typeof setupQrJa = {
  title: "Fill in by QR code",
  hint: "The QR code on the page where the token was issued fills in the service ID and the user ID. You can drop its picture here, too.",
  file: "Choose a picture",
  clipboard: "From the clipboard",
  drop: "Drop the picture here",
  reading: "Reading the QR code…",
  camera: "Use the camera",
  cameraTitle: "Show it the QR code",
  cameraStop: "Stop",
  cameraRefused: "The camera may not be used. Allow this app the camera in the settings of this device, or use a picture.",
  cameraAbsent: "The camera cannot be used. Please choose a picture, or type the numbers.",
  cameraSettings: "Open the device's settings",
  done: "The service ID and the user ID are filled in. Please enter the activation password.",
};

export const qrErrorsEn: typeof qrErrorsJa = {
  "unknown-institution": {
    title: "Institution not found",
    body: "No institution has this service ID.",
    next: "Please check the service ID and enter it again.",
  },
  "qr-unreadable": {
    title: "The picture cannot be read",
    body: "This picture cannot be read.",
    next: "Please use a PNG or JPEG picture.",
  },
  "qr-none": {
    title: "No QR code was found",
    body: "There is no QR code in the picture.",
    next: "Please use one that shows the whole code sharply.",
  },
  "qr-several": {
    title: "There are several QR codes",
    body: "There are several QR codes in the picture, and it is not clear which one is meant.",
    next: "Please use one that shows a single code.",
  },
  "qr-other": {
    title: "A QR code for something else",
    body: "This QR code is not one for the initial setup.",
    next: "Please use the one on the page where the token was issued.",
  },
  "clipboard-empty": {
    title: "No picture has been copied",
    body: "There is no picture of a QR code on the clipboard.",
    next: "Copy the part of the screen with the QR code as a picture, then press again.",
  },
};
