// Which screen a state and a route show. Total: a new state does not compile without a screen.
import type { AppState, ErrorCode, Halt } from "./ipc/types";

/** Where the customer went from the state's own screen. */
export type Route =
  | "main"
  | "welcome"
  | "institution"
  | "consent"
  | "setup"
  | "resume"
  | "mode"
  | "tokens"
  | "serial-qr"
  | "store-qr"
  | "check"
  | "exchange"
  | "stop"
  | "expiring"
  | "diagnostics"
  | "settings"
  | "pin"
  | "about";

export type ScreenName =
  | "opening"
  | "welcome"
  | "institution"
  | "consent"
  | "setup"
  | "setup-resume"
  | "setup-sending"
  | "setup-wrong"
  | "setup-held"
  | "setup-done"
  | "code"
  | "mode"
  | "tokens"
  | "serial-qr"
  | "store-qr"
  | "check"
  | "exchange"
  | "stop"
  | "expiring"
  | "diagnostics"
  | "settings"
  | "pin"
  | "about"
  | "lock"
  | "expired"
  | "halted"
  | "trouble";

/** The error that says why the service accepts no code. */
export function haltCode(halt: Halt): ErrorCode {
  switch (halt) {
    case "locked":
      return "token-locked";
    case "suspended":
      return "token-suspended";
    case "revoked":
      return "stopped";
    case "suspected-copy":
    case "replaced":
    case "lapsed":
      return halt;
  }
}

/** The error whose words a state's screen says; `null` for the states of an app in order. */
export function errorOf(state: AppState): ErrorCode | null {
  switch (state.state) {
    case "not-set-up":
    case "setup-sending":
    case "setup-done":
    case "ready":
      return null;
    case "setup-wrong":
      return "activation-refused";
    case "setup-network":
      return "network";
    case "setup-busy":
      return "busy";
    case "setup-level":
      return "level-too-low";
    case "fault":
      return state.code;
    case "halted":
      return haltCode(state.halt);
    case "pin-locked":
      if (state.lock.triesLeft === 0) return "pin-ended";
      return state.lock.waitUntilMs === null ? "pin-needed" : "pin-wait";
    default:
      return state.state;
  }
}

/** Whether a set-up could be begun from there, so that a link to one may be shown. */
export function takesLink(screen: ScreenName): boolean {
  switch (screen) {
    case "opening":
    case "lock":
    case "trouble":
    case "setup-resume":
    case "setup-sending":
    case "setup-held":
    case "setup-done":
      return false;
    default:
      return true;
  }
}

export function pick(state: AppState | null, route: Route, sending: boolean): ScreenName {
  if (sending) return "setup-sending";
  if (state === null) return "opening";
  if (state.state === "pin-locked") return "lock";
  // In any other state: that is what it is for.
  if (route === "diagnostics" || route === "store-qr") return route;
  if (route === "institution" || route === "consent" || route === "setup" || route === "welcome") {
    return route;
  }
  switch (state.state) {
    case "not-set-up":
      if (route === "about") return "about";
      return state.pending === null ? "welcome" : "setup-resume";
    case "setup-sending":
      return "setup-sending";
    case "setup-wrong":
      return "setup-wrong";
    case "setup-network":
    case "setup-busy":
    case "setup-level":
    case "update-needed":
    case "lapsed":
    case "fault":
      return "setup-held";
    case "setup-done":
      return "setup-done";
    case "ready":
    case "expired":
    case "suspected-copy":
    case "halted":
      if (route === "resume" && state.pending !== null) return "setup-resume";
      if (route !== "main" && route !== "resume") return route;
      if (state.state === "ready") return "code";
      return state.state === "expired" ? "expired" : "halted";
    case "keystore-locked":
    case "keystore-absent":
    case "keystore-slow":
    case "keystore-not-entitled":
    case "chip-absent":
    case "chip-busy":
    case "item-missing":
    case "device-key-gone":
    case "other-device":
    case "corrupt":
    case "no-machine-id":
    case "newer-format":
    case "in-use":
    case "disk":
      return "trouble";
  }
}
