// The words of a link that opened the app, in both languages.
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

export const linkEn: typeof linkJa = {
  title: "Fill this in?",
  lead: "A link opened this app. It fills the following into the form of the initial setup.",
  institution: "Institution",
  warning:
    "Cancel, unless this is your institution and you are setting up a token there yourself. Never tell an activation password or a one-time password to whoever sent a link.",
  cancel: "Cancel",
  agree: "Fill in",
  refusedTitle: "This link cannot be used",
  refused: "It is not a link for the initial setup, or it is damaged.",
  refusedNext: "Nothing was filled in. Please leave links you do not expect alone, and start from your institution’s own page.",
  close: "Close",
};
