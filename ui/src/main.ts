import { mount } from "svelte";

import AppView from "./App.svelte";
import { App } from "./lib/app.svelte";
import { tauri } from "./lib/host/tauri";
import { i18n, loadLanguages } from "./lib/i18n/index.svelte";
import { watchKeys } from "./lib/keys";
import { MINUTES, watchIdle } from "./lib/idle";
import { later } from "./lib/later.svelte";
import { watchZoomKeys } from "./lib/zoom";
import "./styles/tokens.css";
import "./styles/base.css";

/** Nobody sees such a wait. */
const AT_ONCE_MS = 50;
const target = document.getElementById("app") ?? document.body;

/**
 * Has the window shown, asks for the state, and draws: the state's own screen if the answer is there
 * at once, as it mostly is, else the frame first. To show a window takes the desktop as long as it
 * takes to draw, so neither waits for the other.
 */
async function begin(): Promise<void> {
  const shown = tauri.call("reveal", {});
  const app = new App(tauri);
  watchKeys(app);
  const opened = app.host.start.problem === null ? app.open() : Promise.resolve();
  // Without a code to come, the first screen is one of the others.
  if (!app.showsCode) void later.load();
  await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, AT_ONCE_MS))]);
  if (!app.showsCode) await later.load();
  await i18n.ready;
  mount(AppView, { target, props: { app } });
  // Whatever the customer may go to, once the first screen is painted.
  requestAnimationFrame(() => setTimeout(() => void Promise.all([later.load(), loadLanguages()])));
  await opened;
  await shown;
  await app.watchLock();
  await app.link.watch();
  watchIdle(() => MINUTES[app.settings.lockAfter], () => void app.lock());
}

/** A browser shows the scene its address names; a shipped page knows nothing of it. */
async function browse(): Promise<void> {
  const { fixture, routeOf, scenes } = await import("./lib/host/fixture");
  const host = fixture();
  // For who goes through all of them.
  Object.assign(window, { scenes: Object.keys(scenes) });
  const app = new App(host);
  if (host.language !== null) i18n.language = host.language;
  await Promise.all([later.load(), i18n.ready]);
  mount(AppView, { target, props: { app } });
  if (app.host.start.problem === null) await app.open();
  app.go(routeOf(app.host) ?? "main");
}

watchZoomKeys();
void (import.meta.env.MODE === "production" ? begin() : browse());
