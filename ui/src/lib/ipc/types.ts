// Made from the Rust types by `cargo test -p skts-app`. Do not edit.

export type StartView = { 
/**
 * Enough for the first paint; `null` if the authenticator could not be made.
 */
glance: GlanceView | null, 
/**
 * Why not.
 */
problem: AppError | null, 
/**
 * The languages the system names, the preferred first; `null`: the web view knows.
 */
languages: Array<string> | null, 
/**
 * There may be a tray to stay in.
 */
desktop: boolean, };

export type OpenedView = { state: AppState, 
/**
 * The code of the selected token of an app in order.
 */
code: CodeView | null, };

export type CheckedView = { state: AppState, told: CheckView, };

export type DiagnosedView = { state: AppState, report: DoctorReport, };

export type CopiedView = { which: WhichCode, 
/**
 * It is then cleared from the clipboard, if it is still there.
 */
clearAfterSecs: number, };

export type ScreenshotsView = { 
/**
 * Whether this system lets an app keep pictures of its window from being taken.
 */
canBlock: boolean, 
/**
 * For how many seconds more they are allowed; `null`: they are not.
 */
allowedSecs: number | null, };

export type GlanceView = { 
/**
 * A token was set up in this profile.
 */
setUp: boolean, 
/**
 * The institutions of the list, in its order.
 */
institutions: Array<InstitutionView>, 
/**
 * What the customer set.
 */
settings: Settings, 
/**
 * The institution of the token shown last, if it is still in the list.
 */
lastInstitution: string | null, 
/**
 * How the token was shown last.
 */
mode: ViewMode, 
/**
 * Version of the consent text in force; `activate` and `self_provision` want it back.
 */
consentVersion: number, 
/**
 * Version of the app.
 */
appVersion: string, };

export type InstitutionView = { 
/**
 * Stable id, for `self_provision`.
 */
id: string, 
/**
 * 8 digits.
 */
serviceId: string, 
/**
 * Its name.
 */
name: LocalizedView, 
/**
 * Where a customer turns for help, as one line of text.
 */
contact: LocalizedView, 
/**
 * `#rrggbb`.
 */
accent: string, 
/**
 * How it sets tokens up.
 */
way: SetUpWay, };

export type SetUpWay = "activated" | "self-provisioned";

export type LocalizedView = { 
/**
 * Japanese.
 */
ja: string, 
/**
 * English.
 */
en: string, };

export type DateView = { 
/**
 * Seconds since the Unix epoch.
 */
unixSecs: number, 
/**
 * The date, or date and time, ready to show.
 */
text: LocalizedView, };

export type Settings = { 
/**
 * `null`: follow the system.
 */
language: Language | null, 
/**
 * Light or dark.
 */
theme: Theme, 
/**
 * The size of all text.
 */
textSize: TextSize, 
/**
 * When the digits are covered.
 */
hideCode: HideCode, 
/**
 * How long a copied code stays on the clipboard.
 */
clearAfter: ClearAfter, 
/**
 * The next code is shown in the last ten seconds of a step.
 */
showNext: boolean, 
/**
 * Closing the window leaves the app in the system's tray. Only on desktops that have one.
 */
keepInTray: boolean, 
/**
 * When the app locks itself.
 */
lockAfter: LockAfter, };

export type Theme = "system" | "light" | "dark";

export type TextSize = "normal" | "large" | "larger" | "largest";

export type HideCode = "never" | "unfocused" | "always";

export type ClearAfter = "half-a-minute" | "a-minute";

export type LockAfter = "a-minute" | "five-minutes" | "a-quarter";

export type Language = "ja" | "en";

export type ViewMode = "standard" | "password-only" | "signing";

export type Towards = "beginning" | "end";

export type StoreKind = "ios" | "android" | "computer";

export type StoreView = { 
/**
 * For which devices.
 */
kind: StoreKind, 
/**
 * `https://…`.
 */
address: string, 
/**
 * A QR code of the address: an SVG with a `viewBox`, no style attribute and no script.
 */
qr: string, };

export type AppState = { "state": "not-set-up", 
/**
 * A set-up that was begun and can be resumed.
 */
pending: PendingView | null, } | { "state": "setup-sending", 
/**
 * How far it is.
 */
step: SetUpStep, } | { "state": "setup-wrong", 
/**
 * 8 digits as typed, to fill the form again.
 */
serviceId: string, 
/**
 * 12 digits as typed, to fill the form again.
 */
userId: string, 
/**
 * Where to ask for a new issue.
 */
contact: ContactView | null, } | { "state": "setup-network", 
/**
 * What `resume` goes on with.
 */
pending: PendingView | null, } | { "state": "setup-busy", 
/**
 * Seconds to wait.
 */
retryAfterSecs: number, 
/**
 * What `resume` goes on with.
 */
pending: PendingView | null, } | { "state": "setup-level", 
/**
 * Level of this device, 0 to 4.
 */
level: number, 
/**
 * Lowest level the institution allows, 0 to 4.
 */
lowest: number, 
/**
 * The institution.
 */
contact: ContactView | null, } | { "state": "update-needed", 
/**
 * The institution.
 */
contact: ContactView | null, } | { "state": "lapsed", 
/**
 * The institution.
 */
contact: ContactView | null, } | { "state": "setup-done", 
/**
 * The new token; its `match_number` is set.
 */
token: TokenView, 
/**
 * Four digits the bank's page shows too.
 */
matchNumber: string, 
/**
 * The device's clock, if it is a minute off or more.
 */
clockOff: ClockView | null, } | { "state": "ready", 
/**
 * Every token, in the customer's order.
 */
tokens: Array<TokenView>, 
/**
 * Id of the one shown.
 */
selected: string, 
/**
 * A further set-up that was begun and can be resumed.
 */
pending: PendingView | null, 
/**
 * Tokens that cannot be used, while others can.
 */
faulty: Array<FaultyTokenView>, } | { "state": "expired", 
/**
 * Every token, in the customer's order.
 */
tokens: Array<TokenView>, 
/**
 * Id of the expired one.
 */
selected: string, 
/**
 * A further set-up that was begun and can be resumed.
 */
pending: PendingView | null, 
/**
 * Tokens that cannot be used, while others can.
 */
faulty: Array<FaultyTokenView>, } | { "state": "suspected-copy", 
/**
 * Every token, in the customer's order.
 */
tokens: Array<TokenView>, 
/**
 * Id of the one that was copied.
 */
selected: string, 
/**
 * A further set-up that was begun and can be resumed.
 */
pending: PendingView | null, 
/**
 * Tokens that cannot be used, while others can.
 */
faulty: Array<FaultyTokenView>, } | { "state": "halted", 
/**
 * Why.
 */
halt: Halt, 
/**
 * Every token, in the customer's order.
 */
tokens: Array<TokenView>, 
/**
 * Id of the one shown.
 */
selected: string, 
/**
 * A further set-up that was begun and can be resumed.
 */
pending: PendingView | null, 
/**
 * Tokens that cannot be used, while others can.
 */
faulty: Array<FaultyTokenView>, } | { "state": "pin-locked", 
/**
 * Where it stands.
 */
lock: LockView, 
/**
 * Whom to turn to where no PIN opens it any more, or it was forgotten.
 */
contacts: Array<ContactView>, } | { "state": "keystore-locked" } | { "state": "keystore-absent" } | { "state": "keystore-slow" } | { "state": "keystore-not-entitled" } | { "state": "item-missing", 
/**
 * Whom to tell, as far as it can be known.
 */
contacts: Array<ContactView>, } | { "state": "device-key-gone", 
/**
 * Whom to tell, as far as it can be known.
 */
contacts: Array<ContactView>, } | { "state": "chip-absent", 
/**
 * Whom to tell if it does not come back, as far as it can be known.
 */
contacts: Array<ContactView>, } | { "state": "chip-busy" } | { "state": "other-device", 
/**
 * Whom to tell, as far as it can be known.
 */
contacts: Array<ContactView>, } | { "state": "corrupt", 
/**
 * Where the damaged record was saved for support, as text.
 */
savedAside: string | null, 
/**
 * Whom to tell, as far as it can be known.
 */
contacts: Array<ContactView>, } | { "state": "no-machine-id" } | { "state": "newer-format" } | { "state": "in-use" } | { "state": "disk", 
/**
 * `full`, `read-only`, `denied` or `other`.
 */
problem: DiskProblem, } | { "state": "fault", 
/**
 * `service-answer`, `internal` or `clock-off`.
 */
code: ErrorCode, 
/**
 * What `resume` goes on with.
 */
pending: PendingView | null, };

export type SetUpStep = "connect" | "prove" | "register" | "save";

export type ContactView = { 
/**
 * The institution's name.
 */
name: LocalizedView, 
/**
 * Where to turn.
 */
contact: LocalizedView, 
/**
 * `#rrggbb`.
 */
accent: string, };

export type LockView = { 
/**
 * Wrong PINs that can still be tried; 0: none opens it any more.
 */
triesLeft: number, 
/**
 * The PIN typed just now was wrong.
 */
refused: boolean, 
/**
 * Until then, by the device's clock, no PIN is looked at; `null`: at once.
 */
waitUntilMs: number | null, 
/**
 * The same, to the minute.
 */
waitUntil: DateView | null, 
/**
 * Hardware counts, and no copy of files or keystore items gives a try back.
 */
inHardware: boolean, };

export type PinSettingView = { 
/**
 * There is a profile that it can lock.
 */
canBeSet: boolean, 
/**
 * One is set.
 */
isSet: boolean, 
/**
 * Fewest digits.
 */
leastDigits: number, 
/**
 * Most digits.
 */
mostDigits: number, 
/**
 * So many wrong ones in a row are the end.
 */
mostTries: number, };

export type PendingView = { 
/**
 * Id of the institution.
 */
institutionId: string, 
/**
 * Its name.
 */
institutionName: LocalizedView, 
/**
 * How the token is being set up.
 */
way: SetUpWay, 
/**
 * How far it got.
 */
stage: PendingStage, 
/**
 * 8 digits, to fill the form again.
 */
serviceId: string, 
/**
 * 12 digits, to fill the form again; `null` where there is none.
 */
userId: string | null, 
/**
 * `resume` needs the activation password.
 */
needsPassword: boolean, };

export type PendingStage = "prove" | "register" | "confirm";

export type FaultyTokenView = { 
/**
 * Names the token in `remove`.
 */
id: string, 
/**
 * As shown, if it could be read.
 */
serialGrouped: string | null, 
/**
 * Name of its institution, if it could be read.
 */
institutionName: LocalizedView | null, 
/**
 * Where to turn, if the institution is known.
 */
contact: LocalizedView | null, 
/**
 * `item-missing`, `corrupt` or `newer-format`.
 */
problem: ErrorCode, };

export type DiskProblem = "full" | "read-only" | "denied" | "other";

export type TokenView = { 
/**
 * Names the token in calls.
 */
id: string, 
/**
 * Id of its institution.
 */
institutionId: string, 
/**
 * Name of its institution (the id if it is no longer in the list).
 */
institutionName: LocalizedView, 
/**
 * Where the customer turns for help.
 */
contact: LocalizedView, 
/**
 * `#rrggbb`.
 */
accent: string, 
/**
 * As typed at the bank: `SKTS12345678` or nine digits.
 */
serial: string, 
/**
 * As shown: `SKTS 1234 5678` or `243 725 864`.
 */
serialGrouped: string, 
/**
 * 利用開始日, date only.
 */
startedAt: DateView, 
/**
 * 有効期限, date and time.
 */
expiresAt: DateView, 
/**
 * Its validity has ended: no codes.
 */
expired: boolean, 
/**
 * The device's clock, if the service found it a minute off or more.
 */
clockOff: ClockView | null, 
/**
 * Why no code is shown, by what the service said at the last check.
 */
halt: Halt | null, 
/**
 * When the service was asked last, from here; `null`: never since the set-up.
 */
checkedAt: DateView | null, 
/**
 * From when on a new token may be issued for it, date only.
 */
renewableFrom: DateView, 
/**
 * That day has come, and the token is in use still.
 */
expiring: boolean, 
/**
 * Days since the last check, where the institution asks for one and it is overdue.
 */
uncheckedDays: number | null, 
/**
 * 利用中止 was asked for, and no answer has come yet.
 */
stopping: boolean, 
/**
 * It was stopped from here.
 */
receipt: ReceiptView | null, 
/**
 * Digits shown now: 6 or 8.
 */
digits: number, 
/**
 * Digits the policy allows, one or both of 6 and 8.
 */
allowedDigits: Array<number>, 
/**
 * Seconds a code lives.
 */
periodSecs: number, 
/**
 * How it is shown.
 */
mode: ViewMode, 
/**
 * Its institution takes signatures of payments: 取引認証 is among the modes.
 */
signing: boolean, 
/**
 * Four digits to compare with the bank's page; `null` once they are of no more use.
 */
matchNumber: string | null, 
/**
 * Assurance level of the key that holds it, 0 to 4.
 */
level: number, 
/**
 * What that level is, in words.
 */
levelText: LocalizedView, 
/**
 * The service has verified that the key is in hardware, by its maker's certificate.
 */
attested: boolean, };

export type ReceiptView = { 
/**
 * 受付番号, ten digits.
 */
number: string, 
/**
 * 受付時刻.
 */
at: DateView, };

export type SetUpIdsView = { 
/**
 * 8 digits.
 */
serviceId: string, 
/**
 * 12 digits.
 */
userId: string, };

export type Halt = "locked" | "suspended" | "suspected-copy" | "revoked" | "replaced" | "lapsed";

export type CheckView = { 
/**
 * The token.
 */
token: TokenView, 
/**
 * `provisioned`, `active`, `locked`, `suspended`, `revoked`, `replaced`, `expired` or `lapsed`.
 */
state: string, 
/**
 * Why no code is shown, if none is.
 */
halt: Halt | null, 
/**
 * The bank has registered it.
 */
registered: boolean, 
/**
 * When the service said so, by its clock.
 */
checkedAt: DateView, 
/**
 * 有効期限.
 */
expiresAt: DateView, 
/**
 * A new token may be issued for it.
 */
renewable: boolean, 
/**
 * From when on, date only.
 */
renewableFrom: DateView, 
/**
 * Until when it has to be registered; `null` once it is.
 */
registerBefore: DateView | null, 
/**
 * When the bank accepted a code last.
 */
lastUsedAt: DateView | null, 
/**
 * The bank asks for two codes in a row, typed in its own page.
 */
resyncAsked: boolean, 
/**
 * The device's clock.
 */
clock: ClockView, };

export type ClockView = { 
/**
 * Whether codes are corrected.
 */
trust: ClockTrust, 
/**
 * By how many seconds the device's clock was ahead when it was measured, negative is behind;
 * `null` if that says nothing any more.
 */
offSecs: number | null, 
/**
 * How long ago that was.
 */
measuredSecsAgo: number | null, 
/**
 * All this in words, and what follows for the codes.
 */
text: LocalizedView, 
/**
 * How to set the clock of this system, where it is off by a minute or more.
 */
howToSet: LocalizedView | null, };

export type ClockTrust = "fresh" | "never" | "old" | "jumped" | "restarted";

export type DoctorReport = { 
/**
 * Version of the app.
 */
appVersion: string, 
/**
 * The system it was built for: `linux`, `macos`, …
 */
platform: string, 
/**
 * Which keystore: `secret-service`, …; `null` if none could be reached.
 */
keystoreKind: string | null, 
/**
 * Whether a probe item could be written, read and deleted.
 */
keystore: Health, 
/**
 * Why not.
 */
keystoreProblem: ErrorCode | null, 
/**
 * Whether the security chip guards this profile's keys, or could.
 */
chip: ChipUse, 
/**
 * What holds this profile's device key: `software`, `tpm2`, `platform-provider`,
 * `secure-enclave`, `android-keystore`; `null` before the first set-up.
 */
deviceKey: string | null, 
/**
 * The computer has a machine id.
 */
machineId: Health, 
/**
 * Assurance level of the device key, 0 to 4; `null` before the first set-up.
 */
level: number | null, 
/**
 * The wall clock.
 */
clock: DateView, 
/**
 * The wall clock against the service's, measured last.
 */
clockTrust: ClockView, 
/**
 * Whether the wall clock can be right: not before the app was built, not past the keys' end.
 */
clockHealth: Health, 
/**
 * The profile's folder, as text.
 */
profileDir: string, 
/**
 * Whether only its owner can read the profile's folder (`good` before it exists).
 */
profilePermissions: Health, 
/**
 * State of the profile: the error in its way, or `null`.
 */
profileProblem: ErrorCode | null, 
/**
 * Where the institution list came from: `built-in` or `outside`.
 */
listSource: string, 
/**
 * When it was signed.
 */
listIssuedAt: DateView, 
/**
 * Number of institutions in it.
 */
listInstitutions: number, 
/**
 * Number of tokens.
 */
tokens: number, 
/**
 * Every token's keys passed the self-test; `null` if the profile could not be opened.
 */
selfTest: Health | null, 
/**
 * Number of unfinished set-ups.
 */
pending: number, 
/**
 * All this in words, in the order it is shown.
 */
findings: Array<Finding>, };

export type Finding = { 
/**
 * What was looked at.
 */
name: LocalizedView, 
/**
 * How it is, where that can be good or bad.
 */
health: Health | null, 
/**
 * The same as a word, or a number; may be empty.
 */
state: LocalizedView, 
/**
 * What there is, why not more, and what to do; may be empty.
 */
said: LocalizedView, 
/**
 * The error whose words say what to do.
 */
problem: ErrorCode | null, };

export type Health = "good" | "notice" | "bad";

export type ChipUse = "used" | "ready" | "not-used" | "absent" | "not-hardware" | "denied" | "busy" | "unsupported";

export type CodeView = { 
/**
 * Six or eight digits, leading zeros kept.
 */
digits: string, 
/**
 * The same in groups: `123 456`, `1234 5678`.
 */
grouped: string, 
/**
 * The digits of the step after this one.
 */
next: string, 
/**
 * The same in groups.
 */
nextGrouped: string, 
/**
 * First millisecond of the step.
 */
validFromMs: number, 
/**
 * First millisecond of the next step: ask again then.
 */
validUntilMs: number, 
/**
 * The wall clock when the code was computed.
 */
nowMs: number, 
/**
 * Index of the time step.
 */
step: number, };

export type PaymentForm = { 
/**
 * 金融機関コード: four digits.
 */
payeeBank: string, 
/**
 * 支店コード: three digits.
 */
payeeBranch: string, 
/**
 * 普通, 当座 or 貯蓄.
 */
accountKind: string, 
/**
 * 口座番号: seven digits.
 */
accountNumber: string, 
/**
 * 受取人名: kana, letters, digits.
 */
payeeName: string, 
/**
 * 振込金額 in yen: digits alone.
 */
amountYen: string, };

export type PaymentView = { 
/**
 * Every signed field, and no other.
 */
fields: PaymentForm, 
/**
 * The amount with separators: `50,000`.
 */
amountGrouped: string, };

export type SignatureView = { 
/**
 * What was signed.
 */
payment: PaymentView, 
/**
 * Eight digits, leading zeros kept.
 */
digits: string, 
/**
 * The same in groups: `1234 5678`.
 */
grouped: string, 
/**
 * When it was made.
 */
validFromMs: number, 
/**
 * From when on it is not shown any more; make another then.
 */
validUntilMs: number, };

export type WhichCode = "current" | "next";

export type AppError = { 
/**
 * Which error.
 */
code: ErrorCode, 
/**
 * Its class, for hosts that only choose a colour or an exit status.
 */
class: ErrorClass, 
/**
 * The fields at fault; empty unless `code` is `invalid-form`, `invalid-pin` or `invalid-payment`.
 */
faults: Array<FieldFault>, };

export type ErrorCode = "invalid-form" | "unknown-institution" | "wrong-way" | "consent-needed" | "not-agreed" | "unknown-token" | "digits-not-allowed" | "qr-unreadable" | "qr-none" | "qr-several" | "qr-other" | "clipboard-empty" | "signing-not-allowed" | "invalid-payment" | "qr-not-payment" | "qr-damaged" | "qr-other-institution" | "activation-refused" | "invalid-pin" | "pin-wrong" | "pin-needed" | "pin-wait" | "pin-ended" | "pin-set" | "no-pin" | "suspected-copy" | "token-locked" | "token-suspended" | "stopped" | "replaced" | "check-refused" | "not-set-up" | "nothing-pending" | "password-needed" | "set-up-pending" | "level-too-low" | "update-needed" | "expired" | "lapsed" | "network" | "busy" | "keystore-locked" | "keystore-absent" | "keystore-slow" | "keystore-not-entitled" | "item-missing" | "device-key-gone" | "chip-absent" | "chip-busy" | "other-device" | "corrupt" | "newer-format" | "no-machine-id" | "in-use" | "disk" | "institution-list" | "clock-off" | "service-answer" | "internal";

export type ErrorClass = "user-input" | "precondition" | "retry" | "environment" | "bug";

export type FieldFault = { 
/**
 * The field.
 */
field: Field, 
/**
 * What is wrong with it.
 */
fault: Fault, };

export type Field = "service-id" | "user-id" | "password" | "current-pin" | "new-pin" | "payee-bank" | "payee-branch" | "account-kind" | "account-number" | "payee-name" | "amount-yen";

export type Fault = { "kind": "empty" } | { "kind": "not-digits" } | { "kind": "length", 
/**
 * Fewest digits allowed.
 */
least: number, 
/**
 * Most digits allowed.
 */
most: number, 
/**
 * Digits found after folding.
 */
found: number, } | { "kind": "repeated" } | { "kind": "in-order" } | { "kind": "choice" } | { "kind": "characters" } | { "kind": "too-long", 
/**
 * Most characters allowed.
 */
most: number, } | { "kind": "amount" };

export type ActivationForm = { serviceId: string, userId: string, password: string, };
