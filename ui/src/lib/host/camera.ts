// A phone's camera, by Tauri's plugin: loaded when it is asked for first.
import { cancel, Format, openAppSettings, requestPermissions, scan } from "@tauri-apps/plugin-barcode-scanner";

import type { Camera } from "./host";

let stopped = false;

/** Under the page, which is seen through meanwhile. Both systems reject a look that is ended. */
export const camera: Camera = {
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
