// The scenes of the app's own lock.
import type { AppState, ContactView, LockView } from "../ipc/types";

const both = (ja: string, en: string) => ({ ja, en });
const contacts: ContactView[] = [
  {
    name: both("見本信用金庫", "Mihon Shinkin Bank"),
    contact: both("見本支店 窓口（平日 9:00～15:00）", "Mihon branch desk (weekdays 9:00–15:00)"),
    accent: "#0b6e4f",
  },
];

export function locked(rest: Partial<LockView>): AppState {
  return {
    state: "pin-locked",
    lock: {
      triesLeft: 10,
      refused: false,
      waitUntilMs: null,
      waitUntil: null,
      inHardware: false,
      ...rest,
    },
    contacts,
  };
}

export const lockScenes = {
  lock: { state: locked({ triesLeft: 9, refused: true }) },
  "lock-wait": {
    state: locked({
      triesLeft: 5,
      refused: true,
      waitUntilMs: Number.MAX_SAFE_INTEGER,
      waitUntil: {
        unixSecs: 1_795_143_900,
        text: both("2026/11/20 12:05 (日本時間)", "20 Nov 2026, 12:05 (Japan time)"),
      },
    }),
  },
  "lock-ended": { state: locked({ triesLeft: 0 }) },
};
