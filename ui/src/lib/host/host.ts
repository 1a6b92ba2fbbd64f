import type { Channel, Commands } from "../ipc/commands";
import type { AppError, StartView } from "../ipc/types";

/** What the page asks of the program around it. `tauri.ts` is the real one. */
export interface Host {
  /** What the program told the page before its first line ran. */
  readonly start: StartView;
  /** Calls a command; rejects with an `AppError`. */
  call<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["result"]>;
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
