// What the service and the doctor say in the samples.
import type { CheckView, DoctorReport, TokenView } from "../ipc/types";

const both = (ja: string, en: string) => ({ ja, en });

/** What the service says of a token in order, on a clock three minutes fast. */
export const toldOf = (token: TokenView): CheckView => ({
  token,
  state: "active",
  halt: null,
  registered: true,
  checkedAt: { unixSecs: 1_795_143_600, text: both("2026/11/20 12:00 (日本時間)", "20 Nov 2026, 12:00 (Japan time)") },
  expiresAt: token.expiresAt,
  renewable: false,
  renewableFrom: { unixSecs: 1_913_500_000, text: both("2030/08/22", "22 Aug 2030") },
  registerBefore: null,
  lastUsedAt: { unixSecs: 1_795_140_000, text: both("2026/11/20 11:00 (日本時間)", "20 Nov 2026, 11:00 (Japan time)") },
  resyncAsked: false,
  clock: {
    trust: "fresh",
    offSecs: 179,
    measuredSecsAgo: 0,
    text: both(
      "約3分進んでいます（たった今確認）。ワンタイムパスワードは正しい時刻に補正して表示します。",
      "About 3 minutes fast (checked just now). One-time passwords are shown for the right time.",
    ),
    howToSet: both(
      "「設定」の「日付と時刻」で「日付と時刻を自動設定」をオンにしてください。",
      "In Settings, under Date & Time, turn on Automatic Date & Time.",
    ),
  },
});

/** One finding of each kind. */
export const reportOf = (told: CheckView): DoctorReport => ({
  appVersion: "0.1.0",
  platform: "linux",
  keystoreKind: "secret-service",
  keystore: "bad",
  keystoreProblem: "keystore-locked",
  chip: "denied",
  deviceKey: "software",
  machineId: "good",
  level: 1,
  clock: told.checkedAt,
  clockTrust: told.clock,
  clockHealth: "good",
  profileDir: "/home/mihon/.local/share/jp.example.skts",
  profilePermissions: "good",
  profileProblem: null,
  listSource: "built-in",
  listIssuedAt: told.checkedAt,
  listInstitutions: 3,
  tokens: 1,
  selfTest: null,
  pending: 0,
  findings: [
    {
      name: both("鍵保管", "Keystore"),
      health: "bad",
      state: both("異常", "bad"),
      said: both("secret-service", "secret-service"),
      problem: "keystore-locked",
    },
    {
      name: both("セキュリティチップ", "Security chip"),
      health: "notice",
      state: both("注意", "notice"),
      said: both("TPM を使う権限がありません。", "This user may not use the TPM."),
      problem: null,
    },
    {
      name: both("端末識別子", "Machine identifier"),
      health: "good",
      state: both("良好", "good"),
      said: both("", ""),
      problem: null,
    },
    {
      name: both("時計のずれ", "Clock offset"),
      health: null,
      state: both("", ""),
      said: told.clock.text,
      problem: null,
    },
  ],
});
