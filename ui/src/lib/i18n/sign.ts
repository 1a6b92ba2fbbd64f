// The words of 取引認証, in Japanese.
import type { ErrorCode } from "../ipc/types";
import type { ErrorText } from "./ja";

export const signJa = {
  title: "取引認証",
  lead: "インターネットバンキングの画面に表示されたQRコードを読み取るか、振込内容を入力してください。",
  scanTitle: "QRコードで入力",
  scanHint: "画面のQRコードの部分を、画像としてコピーまたは保存してください。画像をここに置くこともできます。",
  scanned: "振込内容を読み取りました。",
  byHand: "振込内容を入力する",
  bank: "金融機関コード",
  bankHint: "数字4桁",
  branch: "支店コード",
  branchHint: "数字3桁",
  kind: "科目",
  kinds: [
    { value: "普通", label: "普通" },
    { value: "当座", label: "当座" },
    { value: "貯蓄", label: "貯蓄" },
  ],
  number: "口座番号",
  numberHint: "数字7桁（7桁に満たないときは、先頭に0を付けてください）",
  name: "受取人名",
  nameHint: "カタカナ・英字・数字。ひらがなはカタカナになります",
  amount: "振込金額（円）",
  amountHint: "例：50000",
  paid: "振込金額",
  next: "内容を確認する",
  toCode: "ワンタイムパスワードを表示する",
  choose: (field: string) => `${field}を選んでください。`,
  characters: (field: string) =>
    `${field}は、カタカナ・英字・数字・スペースと ( ) - . , / ¥ 「 」 だけで入力してください。`,
  tooLong: (field: string, most: number) => `${field}は${most}文字以内で入力してください。`,
  wrongAmount: "金額は、1円以上の数字で入力してください。",
  reviewTitle: "署名する内容の\u200bご確認",
  reviewLead:
    "請求書やお手元の控えと照らし合わせ、振り込みたい内容と同じであることを確かめてください。画面に見覚えのない振込先が表示されたときは、署名しないでください。",
  warning: "電話やメールで署名番号をお尋ねすることはありません。",
  sign: "この内容で署名する",
  change: "内容を直す",
  yen: (amount: string) => `${amount}円`,
  resultTitle: "署名番号",
  resultLead: "インターネットバンキングの画面に入力してください。下の振込だけに使えます。",
  speak: "読み上げる",
  copyOf: "署名番号をコピー",
  over: "署名番号の表示を終わりました。",
  again: "もう一度表示する",
  signedPayment: "署名した振込",
  another: "別の振込に署名する",
};

export type SignError = Extract<
  ErrorCode,
  "signing-not-allowed" | "invalid-payment" | "qr-not-payment" | "qr-damaged" | "qr-other-institution"
>;

export const signErrorsJa: Record<SignError, ErrorText> = {
  "signing-not-allowed": {
    title: "取引認証を\u200b使えません",
    body: "ご利用の金融機関では、取引認証をお使いいただけません。",
    next: "インターネットバンキングの画面では、ワンタイムパスワードで確認してください。",
  },
  "invalid-payment": {
    title: "振込内容を\u200bお確かめください",
    body: "署名できない項目があります。",
    next: "印の付いた欄を直して、もう一度お試しください。",
  },
  "qr-not-payment": {
    title: "振込の\u200bQRコードではありません",
    body: "このQRコードは、署名する振込のものではありません。",
    next: "インターネットバンキングの「署名する振込内容」のQRコードを読み取ってください。",
  },
  "qr-damaged": {
    title: "QRコードの内容が\u200b正しくありません",
    body: "QRコードの内容が壊れているか、書き換えられています。署名していません。",
    next: "インターネットバンキングの画面を開き直して、もう一度お試しください。続くときは金融機関へお問い合わせください。",
  },
  "qr-other-institution": {
    title: "別の金融機関の\u200bQRコードです",
    body: "このQRコードは、別の金融機関のトークンで署名するものです。",
    next: "メニューの「トークン一覧」で、その金融機関のトークンを表示してから、もう一度お試しください。",
  },
};
