// The words of the app's own lock, in Japanese.
export const pinJa = {
  label: "PIN",
  hint: "設定した4～12桁の数字",
  open: "ロックを解除",
  wrong: (left: number) => `PINが違います。あと${left}回続けて間違えると、トークンが使えなくなります。`,
  waitUntil: (moment: string) => `${moment}を過ぎると、もう一度入力できます。`,
  waitLeft: "残り時間",
  left: (secs: number) =>
    secs >= 3600
      ? `${Math.floor(secs / 3600)}時間${Math.floor((secs % 3600) / 60)}分${secs % 60}秒`
      : secs >= 60
        ? `${Math.floor(secs / 60)}分${secs % 60}秒`
        : `${secs}秒`,
  forgotten: "PINを忘れたとき",
  forgottenBody:
    "PINは、金融機関でもお調べできません。お取引店で再発行または交換のお手続きをしてから、初期設定をやり直してください。",
  title: "アプリのロック",
  isSet: "PINを設定しています。起動したとき、しばらく操作がないとき、端末がロックされたときに、PINの入力が必要です。",
  isNotSet: "PINを設定すると、起動したとき、しばらく操作がないとき、端末がロックされたときに、PINの入力が必要になります。すべてのトークンに共通です。",
  before: (most: number) =>
    `PINを忘れたとき、または${most}回続けて間違えたときは、トークンが使えなくなります。元に戻す方法はなく、お取引店で再発行または交換のお手続きが必要です。`,
  current: "いまのPIN",
  fresh: "新しいPIN",
  freshHint: "数字4～12桁（6桁以上をおすすめします）。1234 や 0000 のような番号は使えません",
  again: "新しいPIN（確認）",
  againHint: "もう一度入力してください",
  different: "2回の入力が違います。同じ番号を入力してください。",
  repeated: "同じ数字の繰り返しは、最初に試されやすいため使えません。別の番号にしてください。",
  inOrder: "順に並んだ数字は、最初に試されやすいため使えません。別の番号にしてください。",
  set: "PINを設定する",
  what: "お手続き",
  change: "PINを変更する",
  remove: "PINを解除する",
  done: { set: "PINを設定しました。", change: "PINを変更しました。", remove: "PINを解除しました。" },
  edit: "PINの変更・解除",
  lockNow: "いますぐロックする",
  lockAfter: "自動でロックするまでの時間",
  minutes: (minutes: number) => `${minutes}分`,
};

const askBranchJa = "お取引店で再発行または交換のお手続きをしてから、初期設定をやり直してください。";

export const pinErrorsJa = {
  "invalid-pin": {
    title: "PINを\u200bお確かめください",
    body: "この番号はPINとして使えません。",
    next: "赤い印の欄を直してください。",
  },
  "pin-wrong": {
    title: "PINが違います",
    body: "いまのPINが違います。",
    next: "もう一度入力してください。10回続けて間違えると、トークンが使えなくなります。",
  },
  "pin-needed": {
    title: "PINを\u200b入力してください",
    body: "アプリがロックされています。",
    next: "PINを入力してください。",
  },
  "pin-wait": {
    title: "しばらく\u200bお待ちください",
    body: "PINの誤りが続いたため、入力を受け付けていません。アプリを起動し直しても、待ち時間は変わりません。",
    next: "時間になったら、もう一度入力してください。",
  },
  "pin-ended": {
    title: "トークンが\u200b使えなくなりました",
    body: "PINを10回続けて間違えたため、このアプリのトークンは使えなくなりました。元には戻せません。",
    next: askBranchJa,
  },
  "pin-set": {
    title: "PINは設定済みです",
    body: "PINはすでに設定されています。",
    next: "変更または解除を選んでください。",
  },
  "no-pin": {
    title: "PINは\u200b設定されていません",
    body: "PINは設定されていません。",
    next: "設定の「アプリのロック」から設定してください。",
  },
};
