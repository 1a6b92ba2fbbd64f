// The system's way back (Android's button and gesture, a mouse's button, Alt and the arrow) does what
// the screen's own way back does, and leaves the app where there is none.
//
// Android asks the web view's history whether there is anything to go back to. So there are entries
// above the page's own exactly while something offers a way back; to leave one is to take that way.
// Each way forward makes an entry, and the way back makes none: Chromium passes over what a page adds
// without having been touched since somebody went back.

const ways: (() => void)[] = [];
/** How many entries there are, which is what the uppermost holds. */
let entries = entriesIn(history.state);
let offered = false;
let wentBack = false;
let leaving = false;
let settling = false;

// A screen begins at its top, wherever the one before it stood.
history.scrollRestoration = "manual";

function entriesIn(state: unknown): number {
  return typeof state === "number" ? state : 0;
}

/** Offers a way back until it is withdrawn by what this gives; the one offered last is taken first. */
export function offerBack(go: () => void): () => void {
  ways.push(go);
  offered = true;
  settleSoon();
  return () => {
    const at = ways.lastIndexOf(go);
    if (at >= 0) ways.splice(at, 1);
    settleSoon();
  };
}

/** Shows a dialog; back closes it. */
export function showDialog(dialog: HTMLDialogElement): void {
  dialog.showModal?.();
  const withdraw = offerBack(() => {
    withdraw();
    dialog.close?.();
  });
  dialog.addEventListener("close", withdraw, { once: true });
}

/** Once a change of the page is through: one screen withdraws its way and the next offers its own. */
function settleSoon(): void {
  if (settling) return;
  settling = true;
  queueMicrotask(() => {
    settling = false;
    if (!leaving) settle();
  });
}

function settle(): void {
  if (ways.length === 0 && entries > 0) {
    leaving = true;
    history.go(-entries);
  } else if (ways.length > 0 && (entries === 0 || (offered && !wentBack))) {
    entries += 1;
    history.pushState(entries, "");
  }
  offered = false;
  wentBack = false;
}

window.addEventListener("popstate", ({ state }) => {
  const before = entries;
  entries = entriesIn(state);
  wentBack = !leaving && entries < before;
  leaving = false;
  if (wentBack) ways.at(-1)?.();
  settleSoon();
});
