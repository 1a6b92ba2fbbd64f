// What the keyboard does, in both languages.
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

export const keysEn: typeof keysJa = {
  title: "Keyboard",
  list: [
    { key: "Ctrl + C", does: "Copy the password" },
    { key: "R", does: "Read the password out (while it has the focus)" },
    { key: "Esc", does: "Back to the screen before" },
    { key: "Ctrl + ,", does: "Open the settings" },
    { key: "Ctrl + + / − / 0", does: "Change the text size, or put it back" },
    { key: "Ctrl + W", does: "Close the window" },
    { key: "Ctrl + Q", does: "Quit the app" },
  ],
};
