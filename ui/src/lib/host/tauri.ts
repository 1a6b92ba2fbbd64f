// The only file that knows the shell is Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";
import { cancel, Format, openAppSettings, requestPermissions, scan } from "@tauri-apps/plugin-barcode-scanner";

import type { StartView } from "../ipc/types";
import type { Camera, Host } from "./host";

const start = (window as unknown as { __SKTS_START__: StartView }).__SKTS_START__;

let stopped = false;

/** Under the page, which is seen through meanwhile. Both systems reject a look that is ended. */
const camera: Camera = {
  scan: async (onlooking) => {
    stopped = false;
    try {
      if ((await requestPermissions()) !== "granted") return "refused";
      onlooking();
      const { content } = await scan({ windowed: true, formats: [Format.QRCode] });
      return stopped ? "stopped" : { text: content };
    } catch {
      return stopped ? "stopped" : "absent";
    }
  },
  stop: async () => {
    stopped = true;
    await cancel().catch(() => null);
  },
  openSettings: () => openAppSettings().catch(() => undefined),
};

export const tauri: Host = {
  start,
  call: (name, args) => invoke(name, args as Record<string, unknown>),
  camera: start.desktop ? null : camera,
  channel: (onmessage) => new Channel(onmessage),
};
