// The only file that knows the shell is Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";

import type { StartView } from "../ipc/types";
import type { Host } from "./host";

const start = (window as unknown as { __SKTS_START__: StartView }).__SKTS_START__;

export const tauri: Host = {
  start,
  call: (name, args) => invoke(name, args as Record<string, unknown>),
  channel: (onmessage) => new Channel(onmessage),
};
