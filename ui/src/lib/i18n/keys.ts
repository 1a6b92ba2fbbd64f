// What the keyboard does.
export const keysJa = {
  title: "キーボードの操作",
  list: [
    { key: "Ctrl + C", does: "パスワードをコピーする" },
    { key: "R", does: "パスワードを読み上げる（パスワードを選んでいるとき）" },
    { key: "Esc", does: "前の画面に戻る" },
    { key: "Ctrl + ,", does: "設定を開く" },
    { key: "Ctrl + + / − / 0", does: "文字の大きさを変える・元に戻す" },
    { key: "Ctrl + W", does: "ウィンドウを閉じる" },
    { key: "Ctrl + Q", does: "アプリを終了する" },
  ],
};
