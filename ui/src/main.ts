import { mount } from "svelte";

import AppView from "./App.svelte";
import { App } from "./lib/app.svelte";
import type { Host } from "./lib/host/host";
import { tauri } from "./lib/host/tauri";
import "./styles/tokens.css";
import "./styles/base.css";

async function host(): Promise<Host> {
  // A browser shows the fixture; a shipped page has the real host only.
  if (import.meta.env.MODE !== "production") return (await import("./lib/host/fixture")).fixture();
  return tauri;
}

/** Resolves once the frame that holds the present content has been painted. */
const painted = () =>
  new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

async function begin(): Promise<void> {
  const app = new App(await host());
  mount(AppView, { target: document.getElementById("app") ?? document.body, props: { app } });
  // The first content stands: the window may be seen. Only then is the keystore asked.
  await app.host.call("reveal", {});
  if (app.host.start.problem === null) await app.open();
  if (app.host.start.markPainted) await mark(app);
}

/** Tells the bench when the first whole screen was on the glass. */
async function mark(app: App): Promise<void> {
  while (document.querySelector('[data-testid="code"]') === null && app.tokens.length > 0) {
    await painted();
  }
  await document.fonts.ready;
  await painted();
  await app.host.call("mark_painted", {});
}

void begin();
