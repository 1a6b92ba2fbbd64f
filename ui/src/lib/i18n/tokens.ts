// The words of the list of tokens.
export const tokensJa = {
  title: "トークン一覧",
  usable: "パスワードを表示できます",
  unregistered: "利用開始の登録をまだ確認していません",
  shown: "表示中",
  show: "このトークンを表示",
  remove: "削除",
  removeOf: (name: string) => `${name}のトークンを削除`,
  upOf: (name: string) => `${name}を上へ`,
  downOf: (name: string) => `${name}を下へ`,
  movedTo: (name: string, place: number, of: number) => `${name}：${of}件中${place}番目`,
  confirm: "削除する",
  keep: "削除しない",
  faulty: "使えないトークンがあります",
  unknown: "不明なトークン",
};
