// The words of QR で入力, in both languages.
export const setupQrJa = {
  title: "QRコードで入力",
  hint: "トークン発行の画面のQRコードから、サービスIDとユーザIDを入力できます。画像をここに置くこともできます。",
  file: "画像を選ぶ",
  clipboard: "クリップボードから",
  drop: "ここに画像を置いてください",
  reading: "QRコードを読み取っています…",
  camera: "カメラで読み取る",
  cameraTitle: "QRコードを\u200b写してください",
  cameraStop: "読み取りをやめる",
  cameraRefused: "カメラの使用が許可されていません。この端末の設定でこのアプリにカメラを許可するか、画像をお使いください。",
  cameraAbsent: "カメラを使えません。画像を選ぶか、番号を入力してください。",
  cameraSettings: "端末の設定を開く",
  done: "サービスIDとユーザIDを入力しました。利用開始パスワードを入力してください。",
};

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

export const qrErrorsJa = {
  "unknown-institution": {
    title: "金融機関が見つかりません",
    body: "このサービスIDの金融機関は見つかりません。",
    next: "サービスIDをお確かめのうえ、もう一度入力してください。",
  },
  "qr-unreadable": {
    title: "画像を読み取れません",
    body: "この画像は読み取れません。",
    next: "PNG または JPEG の画像をお使いください。",
  },
  "qr-none": {
    title: "QRコードが\u200b見つかりません",
    body: "画像の中にQRコードが見つかりませんでした。",
    next: "QRコード全体がはっきり写った画像をお使いください。",
  },
  "qr-several": {
    title: "QRコードが\u200b複数あります",
    body: "画像の中に複数のQRコードがあり、どれを使うか決められません。",
    next: "QRコードが1つだけ写った画像をお使いください。",
  },
  "qr-other": {
    title: "別の用途の\u200bQRコードです",
    body: "このQRコードは、初期設定のものではありません。",
    next: "トークン発行の画面に表示されたQRコードをお使いください。",
  },
  "clipboard-empty": {
    title: "画像が\u200bコピーされていません",
    body: "クリップボードにQRコードの画像がありません。",
    next: "画面のQRコードの部分を画像としてコピーしてから、もう一度押してください。",
  },
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
