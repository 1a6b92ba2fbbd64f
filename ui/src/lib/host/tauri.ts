// The only file, with `camera.ts`, that knows the shell is Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { StartView } from "../ipc/types";
import type { Camera, Host } from "./host";

const start = (window as unknown as { __SKTS_START__: StartView }).__SKTS_START__;

const phone = async () => (await import("./camera")).camera;
const camera: Camera = {
  scan: async (onlooking) => (await phone()).scan(onlooking),
  stop: async () => (await phone()).stop(),
  openSettings: async () => (await phone()).openSettings(),
};

export const tauri: Host = {
  start,
  call: (name, args) => invoke(name, args as Record<string, unknown>),
  // Asked for when it is needed: in a browser there is no start to ask.
  get camera() {
    return start.desktop ? null : camera;
  },
  channel: (onmessage) => new Channel(onmessage),
};
