// How the tests come to a screen.
import { render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import userEvent from "@testing-library/user-event";
import { expect } from "vitest";
import AppView from "../src/App.svelte";
import { App } from "../src/lib/app.svelte";
import { Fixture, routeOf } from "../src/lib/host/fixture";
import { i18n } from "../src/lib/i18n/index.svelte";
import type { Language } from "../src/lib/ipc/types";

/** Shows the scene `name`, on a host that `ready` prepares. */
export async function show(name: string, language: Language = "ja", ready?: (host: Fixture) => void) {
  const host = new Fixture(name, language);
  ready?.(host);
  const app = new App(host);
  // Without a list there is nobody to remember the language.
  if (host.start.glance === null) i18n.language = language;
  render(AppView, { app });
  if (host.start.problem === null && host.scene.state !== null) await app.open();
  app.go(routeOf(host) ?? "main");
  await waitFor(() => expect(document.querySelector("[data-screen]")).not.toBeNull());
  if (name === "code-hidden") await screen.findByTestId("show-code");
  else if (name.startsWith("code")) await screen.findByTestId("code");
  return { host, app, user: userEvent.setup() };
}

/** Name of the picture that is shown. */
export const shown = () => document.querySelector<HTMLElement>("[data-screen]")?.dataset.screen;

/** What axe-core finds. */
export async function faults(): Promise<string[]> {
  // jsdom paints nothing: colours and sizes are looked at in the real window.
  const found = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
}
