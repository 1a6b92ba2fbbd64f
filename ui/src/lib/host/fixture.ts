// A host without a program behind it: serves every screen by name, for a browser and for tests.
// `?screen=code&lang=en` chooses; calls answer as the authenticator would.
import type { Channel, Commands } from "../ipc/commands";
import type {
  AppState,
  CodeView,
  ContactView,
  Halt,
  InstitutionView,
  Language,
  PendingView,
  ReceiptView,
  Settings,
  SetUpStep,
  StartView,
  TokenView,
} from "../ipc/types";
import type { Route } from "../pick";
import { DEFAULTS } from "../settings";
import type { Camera, Host } from "./host";
import { payment, signatureAt } from "./payment";
import { reportOf, toldOf } from "./samples";
import { lockScenes } from "./locked";

const both = (ja: string, en: string) => ({ ja, en });
const contact = both("見本支店 窓口（平日 9:00～15:00）", "Mihon branch desk (weekdays 9:00–15:00)");

export const institutions: InstitutionView[] = [
  {
    id: "mihon-shinkin",
    serviceId: "10000001",
    name: both("見本信用金庫", "Mihon Shinkin Bank"),
    contact,
    accent: "#0b6e4f",
    way: "self-provisioned",
  },
  {
    id: "mihon-shinkumi",
    serviceId: "10112235",
    name: both("見本信用組合", "Mihon Credit Cooperative"),
    contact,
    accent: "#8a1538",
    way: "activated",
  },
  {
    id: "mihon-rengo",
    serviceId: "10000003",
    name: both("見本信用金庫連合", "Mihon Shinkin Federation"),
    contact,
    accent: "#1f4e9e",
    way: "activated",
  },
];

const shinkin = institutions[0] as InstitutionView;
const shinkumi = institutions[1] as InstitutionView;
const rengo = institutions[2] as InstitutionView;

function tokenOf(institution: InstitutionView, rest: Partial<TokenView>): TokenView {
  return {
    id: `token-${institution.id}`,
    institutionId: institution.id,
    institutionName: institution.name,
    contact: institution.contact,
    accent: institution.accent,
    serial: "SKTS12345678",
    serialGrouped: "SKTS 1234 5678",
    startedAt: { unixSecs: 1_763_600_000, text: both("2025/11/20", "20 Nov 2025") },
    expiresAt: {
      unixSecs: 1_921_300_000,
      text: both("2030/11/20 09:00（日本時間）", "20 Nov 2030 09:00 (Japan time)"),
    },
    expired: false,
    clockOff: null,
    halt: null,
    checkedAt: null,
    renewableFrom: { unixSecs: 1_913_500_000, text: both("2030/08/22", "22 Aug 2030") },
    expiring: false,
    uncheckedDays: null,
    stopping: false,
    receipt: null,
    digits: 6,
    allowedDigits: [6],
    periodSecs: 30,
    mode: "standard",
    signing: true,
    matchNumber: null,
    level: 1,
    levelText: both("OSの鍵保管と端末識別子で守られています", "kept by the system's keystore and tied to this device"),
    attested: false,
    ...rest,
  };
}

export const sixty = tokenOf(shinkumi, {
  serial: "243725864",
  serialGrouped: "243 725 864",
  digits: 8,
  allowedDigits: [8],
  periodSecs: 60,
});
export const thirty = tokenOf(shinkin, { matchNumber: "4821" });
/** One that the bank has registered. */
export const registered: TokenView = { ...thirty, matchNumber: null };
const receipt: ReceiptView = {
  number: "4820193756",
  at: { unixSecs: 1_795_143_600, text: both("2026/11/20 12:00 (日本時間)", "20 Nov 2026, 12:00 (Japan time)") },
};
export const switchable = tokenOf(rengo, { allowedDigits: [6, 8] });

const asContact = ({ name, contact: where, accent }: InstitutionView): ContactView => ({
  name,
  contact: where,
  accent,
});
const pending: PendingView = {
  institutionId: shinkumi.id,
  institutionName: shinkumi.name,
  way: "activated",
  stage: "prove",
  serviceId: shinkumi.serviceId,
  userId: "999800000001",
  needsPassword: true,
};
const contacts = [asContact(shinkumi)];
const ready = (...tokens: TokenView[]): AppState => ({
  state: "ready",
  tokens,
  selected: tokens[0]?.id ?? "",
  pending: null,
  faulty: [],
});

/** A token that the service accepts no code of. */
function stopped(halt: Halt, known: Partial<TokenView> = {}): AppState {
  const rest = { tokens: [{ ...thirty, ...known, halt }], selected: thirty.id, pending: null, faulty: [] };
  return halt === "suspected-copy"
    ? { state: "suspected-copy", ...rest }
    : { state: "halted", halt, ...rest };
}

export const told = toldOf(registered);
const report = reportOf(told);

interface Scene {
  readonly state: AppState | null;
  readonly route?: Route;
  readonly problem?: StartView["problem"];
  /** Seconds into the step; the clock stands still, so that pictures are alike. */
  readonly at?: number;
  readonly sending?: SetUpStep;
  readonly settings?: Partial<Settings>;
  /** A system that keeps pictures of the screen from being taken. */
  readonly canBlock?: boolean;
}

/** Every picture of the app and how to get there. */
export const scenes: Record<string, Scene> = {
  opening: { state: null },
  welcome: { state: { state: "not-set-up", pending: null } },
  consent: { state: { state: "not-set-up", pending: null }, route: "consent" },
  setup: { state: { state: "not-set-up", pending: null }, route: "setup" },
  "setup-resume": { state: { state: "not-set-up", pending } },
  "setup-sending": { state: { state: "setup-sending", step: "prove" } },
  "setup-wrong": {
    state: {
      state: "setup-wrong",
      serviceId: shinkumi.serviceId,
      userId: "999800000001",
      contact: asContact(shinkumi),
    },
  },
  "setup-network": { state: { state: "setup-network", pending } },
  "setup-busy": { state: { state: "setup-busy", retryAfterSecs: 90, pending: null } },
  "setup-level": {
    state: { state: "setup-level", level: 1, lowest: 2, contact: asContact(shinkin) },
  },
  "update-needed": { state: { state: "update-needed", contact: asContact(shinkin) } },
  lapsed: { state: { state: "lapsed", contact: asContact(shinkin) } },
  "setup-done": { state: { state: "setup-done", token: thirty, matchNumber: "4821", clockOff: told.clock } },
  "setup-done-activated": {
    state: { state: "setup-done", token: sixty, matchNumber: "4821", clockOff: null },
  },
  code: { state: ready(thirty), at: 9 },
  "code-60": { state: ready(sixty), at: 21 },
  "code-plain": { state: ready({ ...thirty, mode: "password-only" }), at: 9 },
  "code-6": { state: ready(switchable), at: 9 },
  "code-8": { state: ready({ ...switchable, digits: 8 }), at: 9 },
  "code-ending": { state: ready(thirty), at: 26 },
  "code-clock-off": { state: ready({ ...thirty, clockOff: told.clock }), at: 9 },
  "code-hidden": { state: ready(thirty), at: 9, settings: { hideCode: "always" } },
  mode: { state: ready(switchable), route: "mode" },
  sign: { state: ready({ ...thirty, mode: "signing" }) },
  tokens: {
    state: {
      state: "ready",
      tokens: [thirty, sixty],
      selected: thirty.id,
      pending: null,
      faulty: [
        {
          id: "token-lost",
          serialGrouped: switchable.serialGrouped,
          institutionName: rengo.name,
          contact: rengo.contact,
          problem: "item-missing",
        },
      ],
    },
    route: "tokens",
  },
  "serial-qr": { state: ready(thirty), route: "serial-qr" },
  "store-qr": { state: ready(thirty), route: "store-qr" },
  about: { state: ready(thirty), route: "about" },
  settings: { state: ready(thirty), route: "settings" },
  "settings-phone": { state: ready(thirty), route: "settings", canBlock: true },
  pin: { state: ready(thirty), route: "pin" },
  ...lockScenes,
  check: { state: ready(thirty), route: "check" },
  diagnostics: { state: { state: "keystore-locked" }, route: "diagnostics" },
  "suspected-copy": { state: stopped("suspected-copy") },
  "token-locked": { state: stopped("locked") },
  "token-suspended": { state: stopped("suspended") },
  stopped: { state: stopped("revoked", { receipt }) },
  "stopped-elsewhere": { state: stopped("revoked", { checkedAt: told.checkedAt }) },
  replaced: { state: stopped("replaced", { checkedAt: told.checkedAt }) },
  stop: { state: ready(registered), route: "stop" },
  "stop-unanswered": { state: ready({ ...registered, stopping: true }), route: "stop" },
  exchange: { state: ready(registered), route: "exchange" },
  "exchange-new": { state: ready(thirty), route: "exchange" },
  "exchange-release": { state: ready(sixty), route: "exchange" },
  expiring: { state: ready({ ...registered, expiring: true }), route: "expiring" },
  "code-notices": {
    state: ready({ ...registered, expiring: true, uncheckedDays: 41, stopping: true }),
    at: 9,
  },
  expired: {
    state: {
      state: "expired",
      tokens: [{ ...thirty, expired: true }],
      selected: thirty.id,
      pending: null,
      faulty: [],
    },
  },
  "keystore-locked": { state: { state: "keystore-locked" } },
  "keystore-absent": { state: { state: "keystore-absent" } },
  "keystore-slow": { state: { state: "keystore-slow" } },
  "keystore-not-entitled": { state: { state: "keystore-not-entitled" } },
  "chip-absent": { state: { state: "chip-absent", contacts } },
  "chip-busy": { state: { state: "chip-busy" } },
  "item-missing": { state: { state: "item-missing", contacts } },
  "device-key-gone": { state: { state: "device-key-gone", contacts } },
  "other-device": { state: { state: "other-device", contacts } },
  corrupt: {
    state: { state: "corrupt", savedAside: "profile/aside-2026-11-20/device.skts", contacts },
  },
  "no-machine-id": { state: { state: "no-machine-id" } },
  "newer-format": { state: { state: "newer-format" } },
  "in-use": { state: { state: "in-use" } },
  disk: { state: { state: "disk", problem: "read-only" } },
  fault: { state: { state: "fault", code: "service-answer", pending: null } },
  "institution-list": {
    state: null,
    problem: { code: "institution-list", class: "environment", faults: [] },
  },
};

const DIGITS: Record<number, readonly [string, string]> = {
  6: ["482913", "075526"],
  8: ["17830816", "94023571"],
};
const inGroups = (digits: string) =>
  `${digits.slice(0, digits.length / 2)} ${digits.slice(digits.length / 2)}`;

/** The code `at` seconds into its step. */
export function codeOf(token: TokenView, at: number, nowMs: number): CodeView {
  const [digits, next] = DIGITS[token.digits] ?? ["", ""];
  const validFromMs = nowMs - at * 1000;
  return {
    digits,
    grouped: inGroups(digits),
    next,
    nextGrouped: inGroups(next),
    validFromMs,
    validUntilMs: validFromMs + token.periodSecs * 1000,
    nowMs,
    step: 58_786_667,
  };
}

const QR =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path fill="#000" d="M0 0h7v7h-7zM14 0h7v7h-7zM0 14h7v7h-7zM9 2h3v3h-3zM10 9h5v2h-5zM16 12h3v4h-3zM9 16h4v3h-4z"/></svg>';

const STORES = (["ios", "android", "computer"] as const).map((kind) => ({
  kind,
  address: `https://apps.example/${kind}/skts`,
  qr: QR,
}));

export class Fixture implements Host {
  readonly start: StartView;
  /** What was called, for tests. */
  readonly calls: { name: string; args: unknown }[] = [];
  readonly scene: Scene;
  /** As on a desktop; a test has its own. */
  camera: Camera | null = null;
  /** Answers instead of the usual ones. */
  readonly answers: Partial<{ [N in keyof Commands]: (args: Commands[N]["args"]) => unknown }> = {};

  constructor(
    name: string,
    readonly language: Language | null,
    settings: Partial<Settings> = {},
  ) {
    const scene = scenes[name];
    if (scene === undefined) throw new Error(`no scene named ${name}`);
    this.scene = scene;
    const setUp = scene.state?.state !== "not-set-up" && scene.problem === undefined;
    this.start = {
      glance:
        scene.problem !== undefined
          ? null
          : {
              setUp,
              institutions,
              settings: { ...DEFAULTS, language, ...scene.settings, ...settings },
              lastInstitution: setUp ? shinkin.id : null,
              mode: "standard",
              consentVersion: 1,
              appVersion: "0.1.0",
            },
      problem: scene.problem ?? null,
      languages: null,
      desktop: true,
    };
  }

  async call<N extends keyof Commands>(
    name: N,
    args: Commands[N]["args"],
  ): Promise<Commands[N]["result"]> {
    this.calls.push({ name, args: structuredClone(plain(args)) });
    const answer = this.answers[name];
    if (answer !== undefined) return (await answer(args)) as Commands[N]["result"];
    return this.#usual(name, args) as Commands[N]["result"];
  }

  channel<M>(onmessage: (message: M) => void): Channel<M> {
    return { onmessage };
  }

  #usual(name: keyof Commands, args: object): unknown {
    switch (name) {
      case "reveal":
      case "stop_set_up":
      case "close_window":
      case "quit":
      case "copy_serial":
      case "copy_diagnosis":
        return null;
      case "set_settings":
        return (args as Commands["set_settings"]["args"]).settings;
      case "copy_code":
        return { which: (this.scene.at ?? 0) > 25 ? "next" : "current", clearAfterSecs: 30 };
      case "ids_in_picture":
      case "ids_in_text":
      case "ids_on_clipboard":
        return { serviceId: shinkumi.serviceId, userId: "999800000001" };
      case "ids_in_link":
      case "watch_links":
        return null;
      case "serial_qr":
        return QR;
      case "stores":
        return STORES;
      case "screenshots":
      case "allow_screenshots": {
        const canBlock = this.scene.canBlock ?? false;
        const allowed = canBlock && "allowed" in args && args.allowed === true;
        return { canBlock, allowedSecs: allowed ? 300 : null };
      }
      case "code": {
        const state = this.scene.state;
        const here = state !== null && "tokens" in state ? state.tokens : [];
        const asked = "tokenId" in args ? args.tokenId : "";
        const token = [...here, thirty, sixty, switchable].find(({ id }) => id === asked);
        if (token === undefined) throw new Error("no token of that id");
        return codeOf(token, this.scene.at ?? 0, Date.now());
      }
      case "pin_setting":
        return { canBeSet: true, isSet: false, leastDigits: 4, mostDigits: 12, mostTries: 10 };
      case "review_payment":
      case "payment_in_picture":
      case "payment_in_text":
      case "payment_on_clipboard":
        return payment;
      case "sign":
        return signatureAt(Date.now());
      case "copy_signature":
        return 30;
      case "diagnose":
        return { state: this.scene.state, report };
      case "check":
        return { state: this.scene.state, told };
      case "open": {
        const { state } = this.scene;
        return state === null ? new Promise(() => {}) : { state, code: null };
      }
      default:
        return this.scene.state ?? new Promise(() => {});
    }
  }
}

/** What would go over the wire: no functions. */
function plain(args: object): unknown {
  return JSON.parse(JSON.stringify(args));
}

/** The scene the address asks for. */
export function fixture(): Fixture {
  const asked = new URLSearchParams(window.location.search);
  const name = asked.get("screen") ?? "welcome";
  const language = asked.get("lang");
  return new Fixture(name, language === "ja" || language === "en" ? language : null);
}

/** The route a scene begins on, once its state is there. */
export function routeOf(host: Host): Route | undefined {
  return host instanceof Fixture ? host.scene.route : undefined;
}
