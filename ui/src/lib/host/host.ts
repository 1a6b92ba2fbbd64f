import type { Channel, Commands } from "../ipc/commands";
import type { AppError, StartView } from "../ipc/types";

/** What became of a look through the camera. */
export type Scanned =
  | { readonly text: string }
  /** The system's question was answered with no, now or before. */
  | "refused"
  /** It was stopped. */
  | "stopped"
  /** There is none, or it does not work. */
  | "absent";

/** A camera that reads QR codes. What it reads is whatever a stranger wrote. */
export interface Camera {
  /** Asks for the permission, where it was not given before, and looks until there is a code. */
  scan(onlooking: () => void): Promise<Scanned>;
  /** Ends the look. */
  stop(): Promise<void>;
  /** Where the permission can be given after all. */
  openSettings(): Promise<void>;
}

/** What the page asks of the program around it. `tauri.ts` is the real one. */
export interface Host {
  /** What the program told the page before its first line ran. */
  readonly start: StartView;
  /** Calls a command; rejects with an `AppError`. */
  call<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["result"]>;
  /** On phones. A desktop's customer has pictures and the clipboard. */
  readonly camera: Camera | null;
  /** A stream of messages from a command while it runs. */
  channel<M>(onmessage: (message: M) => void): Channel<M>;
}

/** Anything thrown, as an `AppError`; what is none of ours is a fault of the program. */
export function asAppError(thrown: unknown): AppError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "class" in thrown) {
    return thrown as AppError;
  }
  return { code: "internal", class: "bug", faults: [] };
}
