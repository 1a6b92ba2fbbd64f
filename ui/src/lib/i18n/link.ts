// The words of a link that opened the app.
export const linkJa = {
  title: "この内容を\u200b入力しますか",
  lead: "リンクからアプリが開かれました。次の内容を初期設定の画面に入力します。",
  institution: "金融機関",
  warning:
    "お取引先の金融機関でご自分がお手続き中でなければ、キャンセルしてください。利用開始パスワードやワンタイムパスワードを、リンクの送り主に伝えないでください。",
  cancel: "キャンセル",
  agree: "入力する",
  refusedTitle: "このリンクは\u200b使えません",
  refused: "初期設定のリンクではないか、リンクが壊れています。",
  refusedNext: "何も入力していません。心当たりのないリンクは開かず、金融機関の画面でお手続きください。",
  close: "閉じる",
};
