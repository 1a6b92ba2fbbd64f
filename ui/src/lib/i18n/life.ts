// The words of a token's way to its end, in both languages: 交換, 利用中止, 有効期限, 削除.
export const lifeJa = {
  exchange: {
    title: "交換",
    lead: "機種変更などで、別の端末のトークンに変えるときのお手続きです。",
    keep: "お手続きが済むまで、古い端末のアプリを削除しないでください。古い端末のワンタイムパスワードが必要です。",
    here: "この端末は",
    old: "古い端末",
    fresh: "新しい端末",
    needs: "ご用意いただくもの",
    needsList: [
      "古い端末と新しい端末の両方",
      "契約者ID（利用者番号）とログインパスワード",
      "資金移動用パスワード",
    ],
    steps: "お手続きの順序",
    oldSteps: [
      "新しい端末にこのアプリをインストールし、初期設定を行います。",
      "インターネットバンキングの「交換」を開きます。",
      "古いトークンとして、この端末に表示されるワンタイムパスワードを入力します。",
      "新しい端末に表示されるシリアル番号とワンタイムパスワードを入力します。",
      "この画面に戻り、「交換が済んだか確認する」を押します。",
    ],
    newSteps: [
      "この端末の初期設定は済んでいます。",
      "インターネットバンキングの「交換」を開きます。",
      "古い端末に表示されるワンタイムパスワードを入力します。",
      "新しいトークンとして、この端末に表示されるシリアル番号とワンタイムパスワードを入力します。",
      "古い端末で「交換が済んだか確認する」を押してから、古い端末のアプリを削除します。",
    ],
    /** Guide 003: there 利用解除 comes first. */
    releaseNeeds: ["契約者ID（利用者番号）とログインパスワード", "確認用パスワード"],
    releaseOldSteps: [
      "インターネットバンキングの「ワンタイムパスワード利用解除」で、この端末に表示されるワンタイムパスワードを入力します。",
      "この画面に戻り、「利用解除が済んだか確認する」を押します。",
      "翌日以降に、インターネットバンキングで「トークン発行」を行います。",
      "新しい端末にこのアプリをインストールし、初期設定を行います。",
      "インターネットバンキングの「ワンタイムパスワード利用開始」を行います。",
    ],
    releaseNewSteps: [
      "古い端末のトークンの利用解除と、翌日以降の「トークン発行」は、先にお済ませください。",
      "この端末の初期設定は済んでいます。",
      "インターネットバンキングの「ワンタイムパスワード利用開始」で、この端末に表示されるワンタイムパスワードを入力します。",
    ],
    check: "交換が済んだか確認する",
    checkRelease: "利用解除が済んだか確認する",
    notYet: "まだ交換されていません。アプリを削除しないでください。",
    notYetRelease: "まだ利用解除されていません。アプリを削除しないでください。",
    show: "ワンタイムパスワードを表示する",
    lost: "古い端末が使えないとき",
    lostBody:
      "紛失・故障・初期化、アプリの削除などで古い端末のワンタイムパスワードを表示できないときは、交換はできません。お取引店で「利用停止」のお手続きを行ってください。",
  },
  stop: {
    title: "利用中止",
    lead: "次のトークンの利用を中止します。",
    means: "中止すると",
    meansList: [
      "このトークンのワンタイムパスワードは使えなくなります。元に戻すことはできません。",
      "お振込等の資金移動のお取引ができなくなります。",
      "再開するには、新しいトークンの初期設定と利用開始のお手続きが必要です。",
    ],
    instead: "別の端末に変えるだけのときは、利用中止ではなく「交換」のお手続きをご利用ください。",
    agree: "上記の内容を確認しました",
    needed: "利用を中止するには、確認の欄にチェックを入れてください。",
    act: "利用を中止する",
    sending: "利用中止を送信しています…",
    unanswered:
      "利用中止を送信しましたが、受け付けの応答をまだ受け取っていません。もう一度送ると、同じ申し込みとして扱われます。",
    again: "もう一度送る",
    receipt: "受け付けました",
    number: "受付番号",
    at: "受付時刻",
    byYou: "このアプリから利用を中止しました。",
    elsewhere: "金融機関でのお手続きにより終了しました。",
    known: "確認した日時",
    fetch: "受付番号を受け取る",
  },
  renew: {
    title: "有効期限が\u200b近づいています",
    ends: "有効期限",
    body: "期限を過ぎると、ワンタイムパスワードは受け付けられません。期限までに新しいトークンをご用意ください。",
    steps: "お手続きの順序",
    exchangeSteps: [
      "この端末で「初期設定（追加）」を行い、新しいトークンを用意します。",
      "インターネットバンキングの「交換」で、いまのトークンのワンタイムパスワードを入力します。",
      "新しいトークンのシリアル番号とワンタイムパスワードを入力します。",
      "交換が済んだことを確認してから、古いトークンを削除します。",
    ],
    releaseSteps: [
      "インターネットバンキングの「ワンタイムパスワード利用解除」を行います。",
      "翌日以降に「トークン発行」を行います。",
      "この端末で「初期設定（追加）」を行います。",
      "インターネットバンキングの「ワンタイムパスワード利用開始」を行い、古いトークンを削除します。",
    ],
  },
  notices: {
    expiring: (date: string) => `有効期限が近づいています（${date}まで）`,
    unchecked: (days: number) => `最後に金融機関に確認してから${days}日たちました。通信できるときに確認してください。`,
    stopping: "利用中止の受け付けを確認していません",
    how: "お手続きを見る",
  },
  remove: {
    act: "このトークンを削除する",
    eraseNow: "新しいトークンを使えることをお確かめになったら、このトークンや、この端末のアプリを削除してもかまいません。",
    overTitle: "トークンを削除しますか",
    overBody: "このトークンはもう使えません。この端末から削除します。元に戻すことはできません。",
    receipt: (number: string) => `受付番号 ${number} も表示できなくなります。必要なときは、先にお控えください。`,
    usedTitle: "このトークンは\u200bまだ使えます",
    usedBody:
      "削除すると、このトークンのワンタイムパスワードを表示できなくなり、お振込等の資金移動のお取引やログインができなくなることがあります。元に戻すことはできません。",
    usedNext:
      "先に「交換」または「利用中止」のお手続きを済ませてください。お困りのときは、次の窓口にお問い合わせください。",
    usedConfirm: "それでも削除する",
  },
};

export const lifeEn: Widened<typeof lifeJa> = {
  exchange: {
    title: "Exchange",
    lead: "How to go over to the token of another device, as when you change your phone.",
    keep: "Do not delete the app on the old device until this is done: its one-time password is needed.",
    here: "This device is",
    old: "the old one",
    fresh: "the new one",
    needs: "Have at hand",
    needsList: [
      "Both the old and the new device",
      "Your contract ID (user number) and login password",
      "Your fund-transfer password",
    ],
    steps: "Step by step",
    oldSteps: [
      "Install this app on the new device and complete the initial setup there.",
      "Open “Exchange” in internet banking.",
      "For the old token, type the one-time password shown on this device.",
      "Type the serial number and the one-time password shown on the new device.",
      "Come back to this screen and press “Check whether it is done”.",
    ],
    newSteps: [
      "The initial setup of this device is done.",
      "Open “Exchange” in internet banking.",
      "Type the one-time password shown on the old device.",
      "For the new token, type the serial number and the one-time password shown on this device.",
      "On the old device press “Check whether it is done”, then delete the app there.",
    ],
    releaseNeeds: ["Your contract ID (user number) and login password", "Your confirmation password"],
    releaseOldSteps: [
      "In internet banking open the page to release the token and type the one-time password shown on this device.",
      "Come back to this screen and press “Check whether it is released”.",
      "From the next day on, have a token issued in internet banking.",
      "Install this app on the new device and complete the initial setup there.",
      "Register it in internet banking.",
    ],
    releaseNewSteps: [
      "First release the old device's token and, from the next day on, have a new one issued.",
      "The initial setup of this device is done.",
      "In internet banking open the page to start using one-time passwords and type the one-time password shown on this device.",
    ],
    check: "Check whether it is done",
    checkRelease: "Check whether it is released",
    notYet: "Not exchanged yet. Do not delete the app.",
    notYetRelease: "Not released yet. Do not delete the app.",
    show: "Show the one-time password",
    lost: "If the old device cannot be used",
    lostBody:
      "If it was lost, is broken or was reset, or its app was deleted, there is no exchange without its one-time password. Please have the old token stopped at your branch.",
  },
  stop: {
    title: "Stop using this token",
    lead: "This token will be stopped:",
    means: "What it means",
    meansList: [
      "Its one-time passwords will no longer be accepted. This cannot be undone.",
      "You can make no transfers.",
      "To go on, you set a new token up and register it.",
    ],
    instead: "If you only change your device, use “Exchange” instead.",
    agree: "I have read the above",
    needed: "Please tick the box to stop the token.",
    act: "Stop this token",
    sending: "Sending…",
    unanswered:
      "The request was sent, but no answer has come yet. Sent again, it counts as the same request.",
    again: "Send again",
    receipt: "Accepted",
    number: "Receipt number",
    at: "Accepted on",
    byYou: "You stopped it from this app.",
    elsewhere: "It was ended by a procedure at your institution.",
    known: "Known since",
    fetch: "Get the receipt number",
  },
  renew: {
    title: "The token ends soon",
    ends: "Valid until",
    body: "After that its passwords are no longer accepted. Please get a new token before then.",
    steps: "Step by step",
    exchangeSteps: [
      "Set a new token up on this device: “Initial setup (add)”.",
      "Open “Exchange” in internet banking and type the one-time password of the present token.",
      "Type the serial number and the one-time password of the new token.",
      "Once the exchange is known to be done, delete the old token.",
    ],
    releaseSteps: [
      "Release the token in internet banking.",
      "From the next day on, have a new one issued.",
      "Set it up on this device: “Initial setup (add)”.",
      "Register it in internet banking and delete the old token.",
    ],
  },
  notices: {
    expiring: (date) => `The token ends soon (valid until ${date})`,
    unchecked: (days) => `Days since your institution was last asked: ${days}. Please check when you are online.`,
    stopping: "The request to stop this token has not been answered",
    how: "See how",
  },
  remove: {
    act: "Delete this token",
    eraseNow: "Once you know that the new token works, you may delete this one, or the app on this device.",
    overTitle: "Delete this token?",
    overBody: "It can no longer be used. It is deleted from this device; this cannot be undone.",
    receipt: (number) => `The receipt number ${number} goes with it. Please write it down first if you need it.`,
    usedTitle: "This token is still in use",
    usedBody:
      "Without it no one-time password can be shown, and you may be unable to make transfers or to log in. This cannot be undone.",
    usedNext: "First complete “Exchange” or “Stop using this token”. If you need help, please ask here:",
    usedConfirm: "Delete it all the same",
  },
};

export type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : T extends readonly string[]
      ? readonly string[]
      : { readonly [K in keyof T]: Widened<T[K]> };
