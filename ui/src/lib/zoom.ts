// Ctrl (or ⌘) with + − 0 sizes the text, as in a browser; the shell has no such keys of its own.

const STEPS = [100, 125, 150, 175, 200, 250, 300, 350, 400] as const;

/** The size after `key`, in per cent; `null` if the key means nothing here. */
export function resized(percent: number, key: string): number | null {
  const at = STEPS.findIndex((step) => step >= percent);
  switch (key) {
    case "+":
    case "=":
    case ";":
      return STEPS[Math.min(at + 1, STEPS.length - 1)] ?? 100;
    case "-":
      return STEPS[Math.max(at - 1, 0)] ?? 100;
    case "0":
      return 100;
    default:
      return null;
  }
}

/** Listens for the keys as long as the page lives. */
export function watchZoomKeys(root: HTMLElement = document.documentElement): void {
  let percent = 100;
  window.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const next = resized(percent, event.key);
    if (next === null) return;
    event.preventDefault();
    percent = next;
    root.style.fontSize = `${percent}%`;
  });
}
