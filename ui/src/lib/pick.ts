// Which screen a state and a route show. Total: a new state does not compile without a screen.
import type { AppState, ErrorCode } from "./ipc/types";

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
  | "about"
  | "expired"
  | "trouble";

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
    default:
      return state.state;
  }
}

export function pick(state: AppState | null, route: Route, sending: boolean): ScreenName {
  if (sending) return "setup-sending";
  if (state === null) return "opening";
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
    case "lapsed":
    case "fault":
      return "setup-held";
    case "setup-done":
      return "setup-done";
    case "ready":
    case "expired":
      if (route === "resume") return state.pending === null ? "code" : "setup-resume";
      if (route !== "main") return route;
      return state.state === "ready" ? "code" : "expired";
    case "keystore-locked":
    case "keystore-absent":
    case "keystore-slow":
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
