// The words of the list of tokens, in both languages.
import type { Widened } from "./life";

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

export const tokensEn: Widened<typeof tokensJa> = {
  title: "Tokens",
  usable: "Shows passwords",
  unregistered: "Not known to be registered yet",
  shown: "Shown now",
  show: "Show this token",
  remove: "Delete",
  removeOf: (name) => `Delete the token of ${name}`,
  upOf: (name) => `Move ${name} up`,
  downOf: (name) => `Move ${name} down`,
  movedTo: (name, place, of) => `${name}: now ${place} of ${of}`,
  confirm: "Delete",
  keep: "Keep it",
  faulty: "Some tokens cannot be used",
  unknown: "Unknown token",
};
