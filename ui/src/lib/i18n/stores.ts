// The words of where the app comes from.
export const storesJa = {
  menu: "アプリの入手",
  title: "アプリの入手",
  body: "ほかの端末でご利用になるときや、アプリを更新するときは、その端末でQRコードを読み取ってください。",
  warning: "アプリは、ここに示す入手先か、金融機関の案内する入手先からだけ入手してください。",
  kinds: { ios: "iPhone・iPad", android: "Android", computer: "パソコン" },
  alt: (kind: string) => `${kind}用アプリの入手先のQRコード`,
};
