// The words of QR で入力.
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
