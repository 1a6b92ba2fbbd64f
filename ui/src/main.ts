import { mount } from "svelte";

import AppView from "./App.svelte";
import { App } from "./lib/app.svelte";
import { tauri } from "./lib/host/tauri";
import "./styles/tokens.css";
import "./styles/base.css";

async function begin(): Promise<void> {
  const app = new App(tauri);
  mount(AppView, { target: document.getElementById("app") ?? document.body, props: { app } });
  // The first content stands: the window may be seen. Only then is the keystore asked.
  await app.host.call("reveal", {});
  if (app.host.start.problem === null) await app.open();
}

void begin();
