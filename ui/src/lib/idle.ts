// Notices that nobody has touched the app for a while.
import type { LockAfter } from "./ipc/types";

/** How often it is looked. */
const LOOK_MS = 2_000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "input"] as const;

export const MINUTES: Record<LockAfter, number> = {
  "a-minute": 1,
  "five-minutes": 5,
  "a-quarter": 15,
};

/**
 * Calls `lock` once when nobody has touched the page for the minutes that `minutes` gives at that
 * time; and again only after it was touched. By the clock that shows more: one stands still while the
 * computer sleeps, the other can be set back. Returns how to stop.
 */
export function watchIdle(minutes: () => number, lock: () => void): () => void {
  let wall = Date.now();
  let steady = performance.now();
  let told = false;
  const touch = () => {
    wall = Date.now();
    steady = performance.now();
    told = false;
  };
  for (const name of TOUCHES) window.addEventListener(name, touch, { capture: true, passive: true });
  const clock = setInterval(() => {
    const idle = Math.max(Date.now() - wall, performance.now() - steady);
    if (told || idle < minutes() * 60_000) return;
    told = true;
    lock();
  }, LOOK_MS);
  return () => {
    clearInterval(clock);
    for (const name of TOUCHES) window.removeEventListener(name, touch, { capture: true });
  };
}
