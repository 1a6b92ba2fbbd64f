// The size of the text: what the customer set, and Ctrl (or ⌘) with + − 0 as in a browser, from there on
// and until the window is closed; the shell has no such keys of its own.

const STEPS = [100, 125, 150, 175, 200, 250, 300, 350, 400] as const;

let chosen = 100;
let percent = 100;

/** The size after `key`, in per cent; `null` if the key means nothing here. */
export function resized(now: number, key: string, usual = 100): number | null {
  const at = STEPS.findIndex((step) => step >= now);
  switch (key) {
    case "+":
    case "=":
    case ";":
      return STEPS[Math.min(at + 1, STEPS.length - 1)] ?? usual;
    case "-":
      return STEPS[Math.max(at - 1, 0)] ?? usual;
    case "0":
      return usual;
    default:
      return null;
  }
}

function apply(to: number, root: HTMLElement): void {
  if (to === percent) return;
  percent = to;
  root.style.fontSize = to === 100 ? "" : `${to}%`;
}

/** Makes `to` per cent the usual size, and the present one. */
export function sizeText(to: number, root: HTMLElement = document.documentElement): void {
  if (to === chosen) return;
  chosen = to;
  apply(to, root);
}

/** Listens for the keys as long as the page lives. */
export function watchZoomKeys(root: HTMLElement = document.documentElement): void {
  window.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const next = resized(percent, event.key, chosen);
    if (next === null) return;
    event.preventDefault();
    apply(next, root);
  });
}
