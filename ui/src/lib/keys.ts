// The keys of a desktop program: the window's own, and one for the settings. Screens have theirs.
import type { App } from "./app.svelte";

/** The command key of the system, alone. */
export function withCommand(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

/** What is done at a key, if anything. */
function meant(app: App, event: KeyboardEvent): (() => void) | null {
  if (!withCommand(event)) return null;
  switch (event.key.toLowerCase()) {
    case "w":
      return () => void app.host.call("close_window", {});
    case "q":
      return () => void app.host.call("quit", {});
    case ",":
      // From where the menu would lead there.
      return app.tokens.length > 0 && app.sending === null ? () => app.go("settings") : null;
    default:
      return null;
  }
}

/** Listens as long as the page lives; phones have no such keys. */
export function watchKeys(app: App): void {
  if (!app.desktop) return;
  window.addEventListener("keydown", (event) => {
    const act = meant(app, event);
    if (act === null || event.isComposing) return;
    event.preventDefault();
    act();
  });
}
