// The words of the guides, in Japanese. The shape of this object is the catalogue's type.
import type { DiskProblem, ErrorCode } from "../ipc/types";
import { keysJa } from "./keys";
import { lifeJa } from "./life";
import { storesJa } from "./stores";
import { tokensJa } from "./tokens";
import { linkJa } from "./link";
import { qrErrorsJa, setupQrJa } from "./qr";
import { pinErrorsJa, pinJa } from "./pin";
import { settingsJa } from "./settings";
import { signErrorsJa, signJa } from "./sign";

export interface ErrorText {
  readonly title: string;
  readonly body: string;
  readonly next: string;
}

export const ja = {
  app: {
    name: "ワンタイムパスワード",
    product: "しんきん（個人）\u200bワンタイムパスワード",
    switchLanguage: "English",
    back: "戻る",
    retry: "もう一度試す",
    contact: "お問い合わせ先",
    contactUnknown: "お取引店の窓口へお問い合わせください。",
    opening: "ワンタイムパスワードを準備しています",
    working: "処理しています",
  },
  welcome: {
    title: "ワンタイムパスワードを\u200bはじめます",
    lead: "インターネットバンキングで使う、一度限りのパスワードを表示するアプリです。",
    start: "はじめて使う",
    startHint: "サービスIDをお持ちでない方",
    activate: "サービスIDをお持ちの方",
    activateHint: "トークン発行の画面に表示されたサービスIDとユーザIDを使います",
    choose: "ご利用の\u200b金融機関を\u200b選んでください",
    add: "トークンを追加します",
  },
  consent: {
    title: "ご利用の前に\u200bご確認ください",
    first:
      "本アプリは、アプリデータの搾取・複製を防止するため、他の端末へのデータ引き継ぎができないしくみになっています。",
    second:
      "機種変更やアプリの削除の前に、ご利用のサービスで所定のお手続き（交換・利用中止・利用解除）を行ってください。",
    third: "お手続きをされないと、ワンタイムパスワードをご利用いただけなくなります。",
    agree: "上記の内容に同意する",
    needed: "次へ進むには、同意の欄にチェックを入れてください。",
    next: "次へ",
  },
  setup: {
    title: "初期設定",
    lead: "サービスID、ユーザID、利用開始パスワードを入力し、送信ボタンを押してください。",
    serviceId: "サービスID",
    serviceIdHint: "数字8桁",
    userId: "ユーザID",
    userIdHint: "数字12桁",
    password: "利用開始パスワード",
    passwordHint: "トークン発行のときに決めた数字4～8桁",
    send: "送信",
    unknownService: "このサービスIDの金融機関は見つかりません。番号をお確かめください。",
    empty: (field: string) => `${field}を入力してください。`,
    notDigits: (field: string) => `${field}は数字だけで入力してください。`,
    length: (field: string, least: number, most: number, found: number) =>
      `${field}は${least === most ? `${least}` : `${least}～${most}`}桁の数字です。いまは${found}桁です。`,
  },
  sending: {
    title: "通信中…",
    steps: { connect: "接続", prove: "本人確認", register: "登録", save: "保存" },
    done: "済み",
    now: "実行中",
    safe: "取り消しても安全です。途中から再開できます。",
    cancel: "取り消す",
    cancelling: "取り消しています…",
  },
  held: {
    kept: "入力されたサービスIDとユーザIDは残っています。",
    wait: (secs: number) =>
      secs >= 120
        ? `約${Math.ceil(secs / 60)}分後にもう一度お試しください。`
        : `${secs}秒後にもう一度お試しください。`,
    resume: "続きから再開する",
    giveUp: "この初期設定をやめる",
    pendingTitle: "初期設定が途中です",
    pendingBody: (name: string) => `${name}の初期設定が途中で止まっています。続きから再開できます。`,
    passwordAgain: "利用開始パスワードをもう一度入力してください。",
    tryAgain: "入力し直す",
    levels: (level: number, lowest: number) =>
      `この端末の保護レベルは${level}、必要なレベルは${lowest}です。`,
  },
  done: {
    title: "初期設定完了",
    ok: "初期設定が正常に完了しました。",
    clock: "端末の日時を日本時間に合わせ、タイムゾーンを日本に設定してください。",
    period: (secs: number) =>
      `ワンタイムパスワードは${secs}秒毎に変わりますので、ご利用の都度、表示されているものをご利用ください。`,
    match: "確認番号",
    matchHint: "インターネットバンキングの画面に同じ番号が表示されることをご確認ください。",
    then: "次のお手続き",
    thenSerial:
      "インターネットバンキングの「利用開始」の画面で、次の画面に表示されるシリアル番号とワンタイムパスワードを入力してください。",
    thenPassword:
      "インターネットバンキングの「ワンタイムパスワード利用開始」の画面で、次の画面に表示されるワンタイムパスワードを入力してください。",
    next: "次へ",
  },
  code: {
    label: "ワンタイムパスワード",
    secs: (secs: number) => `あと${secs}秒`,
    next: "次のパスワード",
    ending: "まもなく切り替わります",
    copy: "コピー",
    copyOf: (name: string) => `${name}のワンタイムパスワードをコピー`,
    hidden: "パスワードを隠しています",
    show: "タップして表示",
    hide: "隠す",
    copied: (secs: number) => `コピーしました（${secs}秒後に消去）`,
    copiedNext: (secs: number) =>
      `まもなく切り替わるため、次のパスワードをコピーしました（${secs}秒後に消去）`,
    copiedSerial: "シリアル番号をコピーしました",
    copyFailed: "コピーできませんでした。表示された数字を入力してください。",
    serial: "シリアル番号",
    copySerial: "シリアル番号をコピー",
    qr: "QRコード",
    qrOfSerial: "シリアル番号のQRコードを表示",
    startedAt: "利用開始日",
    expiresAt: "有効期限",
    match: "確認番号",
    spokenNew: "新しいパスワード",
    spokenEnding: "残り5秒",
    timer: "残り時間",
    pending: "途中の初期設定があります",
  },
  menu: {
    diagnostics: "診断",
    open: "メニュー",
    mode: "モード切替",
    tokens: "トークン一覧",
    check: "トークンの確認",
    exchange: "交換",
    stop: "利用中止",
    add: "初期設定（追加）",
    language: "言語：English",
    settings: "設定",
    about: "このアプリについて",
  },
  keys: keysJa,
  pin: pinJa,
  settings: settingsJa,
  sign: signJa,
  life: lifeJa,
  tokens: tokensJa,
  stores: storesJa,
  setupQr: setupQrJa,
  link: linkJa,
  check: {
    title: "トークンの確認",
    asking: "金融機関に確認しています…",
    asked: "確認日時",
    again: "もう一度確認する",
    state: "利用開始",
    registered: "登録済みです。このトークンをお使いいただけます。",
    unregistered: "まだ登録されていません。インターネットバンキングで利用開始の手続きを行ってください。",
    registerBefore: "登録の期限",
    lastUsed: "最後に使われた日時",
    clock: "この端末の時計",
    renewable: "有効期限が近づいています。金融機関の案内に従って、新しいトークンを初期設定してください。",
    resync:
      "金融機関から時刻合わせのお願いがあります。インターネットバンキングの画面で、続けて表示される2つのワンタイムパスワードを入力してください。",
  },
  diagnostics: {
    title: "診断",
    looking: "この端末を調べています…",
    looked: "調べました。",
    hint: "この端末でトークンを使うために必要なものを調べた結果です。お問い合わせのときは、コピーしてお知らせください。パスワードや鍵は含まれません。",
    copy: "結果をコピー",
    copied: "コピーしました",
    copyFailed: "コピーできませんでした",
    again: "もう一度調べる",
  },
  mode: {
    title: "モード切替",
    standard: "標準",
    standardHint: "パスワードの下に、シリアル番号と利用開始日、有効期限を表示します。",
    plain: "パスワードのみ",
    plainHint: "シリアル番号を隠し、パスワードを大きく表示します。",
    signingHint: "振込先と金額を確かめ、その振込だけに使える署名番号を表示します。",
    digits: "パスワードの桁数",
    six: "6桁",
    eight: "8桁",
    current: "いまの表示",
    done: "閉じる",
  },
  qr: {
    title: "シリアル番号の\u200bQRコード",
    alt: (serial: string) => `シリアル番号 ${serial} のQRコード`,
    hint: "読み取ると、シリアル番号だけが伝わります。パスワードは含まれません。",
  },
  about: {
    title: "このアプリについて",
    version: "バージョン",
    level: "保護のしくみ",
    attested: "セキュリティチップの証明書は、設定のときにサービスが確認しました。",
    affiliation: "このアプリは、実在の金融機関とは関係がありません。",
    licence: "ライセンス：MIT または Apache-2.0",
  },
  trouble: {
    startOver: "初めからやり直す",
    startOverBody:
      "いまのデータを別の場所へ移し、初めからやり直します。この端末のトークンは使えなくなりますので、先にお取引店へご連絡ください。",
    startOverConfirm: "やり直す",
    saved: (where: string) => `保存先：${where}`,
  },
  disk: {
    full: "保存する空き容量がありません。不要なファイルを削除してから、もう一度お試しください。",
    "read-only": "保存先が書き込み禁止になっています。書き込めるようにしてから、もう一度お試しください。",
    denied: "保存先のフォルダを使う権限がありません。フォルダの持ち主をお確かめください。",
    other: "保存先を読み書きできません。端末のディスクをお確かめのうえ、もう一度お試しください。",
  } satisfies Record<DiskProblem, string>,
  readings: ["ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"],
  errors: {
    ...qrErrorsJa,
    ...pinErrorsJa,
    ...signErrorsJa,
    "invalid-form": {
      title: "入力内容を\u200bお確かめください",
      body: "入力された番号に誤りがあります。",
      next: "赤い印の欄を直して、もう一度送信してください。",
    },
    "wrong-way": {
      title: "この方法では\u200b初期設定できません",
      body: "この金融機関の初期設定は、もう一つの方法で行います。",
      next: "最初の画面に戻り、もう一つの方法を選んでください。",
    },
    "consent-needed": {
      title: "同意が必要です",
      body: "ご利用にはご確認事項への同意が必要です。",
      next: "最初の画面に戻り、内容をご確認ください。",
    },
    "not-agreed": {
      title: "何も行いませんでした",
      body: "同意されなかったため、何も変わっていません。",
      next: "行う場合は、もう一度操作して同意してください。",
    },
    "unknown-token": {
      title: "トークンが見つかりません",
      body: "このトークンは、すでにこの端末にありません。",
      next: "トークン一覧からお選びください。",
    },
    "digits-not-allowed": {
      title: "この桁数は選べません",
      body: "ご利用の金融機関では、この桁数をお使いいただけません。",
      next: "もう一つの桁数をお使いください。",
    },
    "activation-refused": {
      title: "初期設定できませんでした",
      body: "サービスID・ユーザID・利用開始パスワードのいずれかが違うか、期限が切れています。",
      next: "トークン発行の画面をお確かめのうえ入力し直すか、インターネットバンキングで新しくトークン発行を行ってください。",
    },
    "suspected-copy": {
      title: "トークンが\u200b停止されました",
      body: "このトークンは、別の端末でも使われたか、古いバックアップが戻されたため、停止されました。元には戻せません。",
      next: "心当たりがあってもなくても、すぐに下の窓口にご連絡ください。そのあとトークン一覧から削除し、新しく初期設定を行ってください。",
    },
    "token-locked": {
      title: "トークンが\u200bロックされています",
      body: "インターネットバンキングでワンタイムパスワードの誤りが続いたため、ロックされています。",
      next: "下の窓口でロックの解除を受けてから、「もう一度確認する」を押してください。",
    },
    "token-suspended": {
      title: "トークンが\u200b一時停止されています",
      body: "このトークンは金融機関で一時停止されています。",
      next: "下の窓口にお問い合わせください。解除されたら「もう一度確認する」を押してください。",
    },
    stopped: {
      title: "トークンの利用は\u200b終了しています",
      body: "このトークンの利用中止・利用解除の手続きが済んでいます。",
      next: "お使いになるには、このトークンを削除して、新しく初期設定を行ってください。",
    },
    replaced: {
      title: "交換済みの\u200bトークンです",
      body: "このトークンは別のトークンに交換されています。",
      next: "新しいトークンをお使いください。",
    },
    "check-refused": {
      title: "トークンを\u200b確認できません",
      body: "サービスに、この端末のこのトークンの記録がありません。",
      next: "しばらくしてもう一度お試しください。続くときは金融機関にお問い合わせください。",
    },
    "not-set-up": {
      title: "初期設定がまだです",
      body: "この端末にはトークンがありません。",
      next: "初期設定を行ってください。",
    },
    "nothing-pending": {
      title: "再開する初期設定が\u200bありません",
      body: "途中の初期設定は見つかりませんでした。",
      next: "最初の画面から初期設定を行ってください。",
    },
    "password-needed": {
      title: "利用開始パスワードが\u200b必要です",
      body: "再開するには、利用開始パスワードをもう一度入力する必要があります。",
      next: "利用開始パスワードを入力してください。",
    },
    "set-up-pending": {
      title: "別の初期設定が途中です",
      body: "すでに始めた初期設定が終わっていません。",
      next: "途中の初期設定を再開するか、やめてから、もう一度お試しください。",
    },
    "level-too-low": {
      title: "この端末では\u200bご利用いただけません",
      body: "この端末の保護のしくみでは、この金融機関のトークンを安全に保管できません。",
      next: "別の端末で初期設定を行うか、金融機関へご相談ください。",
    },
    "update-needed": {
      title: "アプリを更新して\u200bください",
      body: "このバージョンのアプリでは、新しいトークンを初期設定できません。この端末にあるトークンは、そのままご利用いただけます。",
      next: "「アプリの入手」から最新のバージョンに更新し、もう一度初期設定を行ってください。",
    },
    expired: {
      title: "有効期限が切れました",
      body: "このトークンの有効期限が過ぎたため、パスワードは受け付けられません。",
      next: "インターネットバンキングで再発行のお手続きを行い、初期設定をやり直してください。",
    },
    lapsed: {
      title: "このトークンは\u200b登録できません",
      body: "期限までに登録されなかったため、このトークンは無効になりました。",
      next: "もう一度、初めから初期設定を行ってください。",
    },
    network: {
      title: "通信できません",
      body: "サービスにつながりませんでした。お手続きは失われていません。",
      next: "通信の状態をお確かめのうえ、もう一度お試しください。",
    },
    busy: {
      title: "ただいま\u200b混み合っています",
      body: "サービスが混み合っているため、受け付けられませんでした。お手続きは失われていません。",
      next: "しばらくしてから、もう一度お試しください。",
    },
    "keystore-locked": {
      title: "鍵の保管場所が\u200bロックされています",
      body: "パスワードを守る鍵は、パソコンの「キーリング」に保管されています。いまはロックされています。",
      next: "キーリングのロックを解除してから、「もう一度試す」を押してください。",
    },
    "keystore-absent": {
      title: "鍵の保管場所が\u200b見つかりません",
      body: "このパソコンには、鍵を安全に保管するしくみ（キーリング）が動いていません。データは失われていません。",
      next: "GNOME キーリングまたは KDE ウォレットをインストールして起動してから、「もう一度試す」を押してください。",
    },
    "keystore-slow": {
      title: "鍵の保管場所の\u200b応答を待っています",
      body: "キーリングがまだ応答していません。ロック解除の確認画面が、ほかのウィンドウの後ろに隠れていることがあります。",
      next: "確認画面があれば解除してから、「もう一度試す」を押してください。",
    },
    "keystore-not-entitled": {
      title: "キーチェーンを\u200b使えません",
      body: "このアプリには、キーチェーンを使うための署名（エンタイトルメント）がないため、鍵を保管できません。データは失われていません。",
      next: "金融機関が案内する正規のアプリをインストールしてから、もう一度開いてください。",
    },
    "item-missing": {
      title: "トークンの鍵が\u200b見つかりません",
      body: "この端末にはトークンが設定されていましたが、その鍵がなくなっています。このトークンではパスワードを表示できません。",
      next: "お取引店へご連絡のうえ、再発行または利用停止のお手続きをしてから、初期設定をやり直してください。",
    },
    "device-key-gone": {
      title: "端末の鍵が\u200b失われています",
      body: "端末のセキュリティ領域が初期化されたため、トークンを使えません。",
      next: "お取引店へご連絡のうえ、再発行のお手続きをしてから、初期設定をやり直してください。",
    },
    "chip-absent": {
      title: "セキュリティチップが\u200b使えません",
      body: "トークンの鍵を守るセキュリティチップ（TPM）に接続できません。トークンは失われていません。",
      next: "パソコンを再起動してから、「もう一度試す」を押してください。直らないときは、TPM が有効か、利用する権限があるかをお確かめのうえ、お取引店へご連絡ください。",
    },
    "chip-busy": {
      title: "セキュリティチップの\u200b応答を待っています",
      body: "トークンの鍵を守るセキュリティチップ（TPM）が、ほかの処理中で応答できません。トークンは失われていません。",
      next: "しばらくしてから、「もう一度試す」を押してください。",
    },
    "other-device": {
      title: "この端末では\u200b利用できません",
      body: "このトークンは別の端末で設定されたものです。安全のため、データを移しても使うことはできません。",
      next: "設定した端末でお使いください。この端末で使うには、交換または再発行のお手続きをしてください。",
    },
    corrupt: {
      title: "記録が壊れています",
      body: "トークンの記録を読み取れませんでした。壊れた記録は調査のため残してあります。",
      next: "お取引店へご連絡のうえ、再発行のお手続きをしてから、初期設定をやり直してください。",
    },
    "newer-format": {
      title: "新しいアプリの記録です",
      body: "この記録は、より新しいバージョンのアプリで作られています。データは失われていません。",
      next: "アプリを最新のバージョンに更新してください。",
    },
    "no-machine-id": {
      title: "この端末を\u200b見分けられません",
      body: "端末の識別情報が見つからないため、トークンをこの端末に結び付けられません。",
      next: "管理者に、端末の識別情報（machine-id）の設定を依頼してから、「もう一度試す」を押してください。",
    },
    "in-use": {
      title: "すでに起動しています",
      body: "同じトークンを使うアプリが、もう一つ動いています。",
      next: "先に開いたウィンドウをお使いいただくか、そちらを閉じてから、「もう一度試す」を押してください。",
    },
    disk: {
      title: "保存できません",
      body: "トークンの記録を読み書きできませんでした。いままでのデータは失われていません。",
      next: "原因を取り除いてから、「もう一度試す」を押してください。",
    },
    "institution-list": {
      title: "金融機関の一覧を\u200b確認できません",
      body: "金融機関の一覧が壊れているか、正しい発行元のものではありません。安全のため使用しません。",
      next: "アプリを入れ直してください。",
    },
    "clock-off": {
      title: "端末の日時が\u200b正しくありません",
      body: "端末の日時が大きくずれているため、正しいパスワードを計算できません。",
      next: "端末の日時を日本時間に合わせてから、「もう一度試す」を押してください。",
    },
    "service-answer": {
      title: "サービスからの応答が\u200b正しくありません",
      body: "サービスから受け取った内容を確認できませんでした。安全のため使用していません。",
      next: "しばらくしてもう一度お試しください。続くときは金融機関へお問い合わせください。",
    },
    internal: {
      title: "アプリに\u200b不具合が起きました",
      body: "処理を続けられませんでした。トークンはそのまま残っています。",
      next: "アプリを終了して起動し直してください。続くときは金融機関へお問い合わせください。",
    },
  } satisfies Record<ErrorCode, ErrorText>,
};

/** The catalogue's type: every key of the Japanese, with texts widened to any text. */
type Widen<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : T extends readonly string[]
      ? readonly string[]
      : { readonly [K in keyof T]: Widen<T[K]> };
export type Messages = Widen<typeof ja>;
