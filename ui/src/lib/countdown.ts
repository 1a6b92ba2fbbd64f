// The countdown, as sums over the wall clock; no state of its own, so no drift.
import type { CodeView } from "./ipc/types";

/** From here on the change is announced: shape, words and the next code. */
export const ENDING_SECS = 5;
/** From here on the next code stands on its line. */
export const NEXT_SECS = 10;

export interface Countdown {
  /** Whole seconds left, rounded up; 0 once the step has ended. */
  readonly secs: number;
  /** Part of the step still left, 0 to 1. */
  readonly part: number;
  readonly ending: boolean;
  readonly showNext: boolean;
}

/** From the first of these milliseconds until the second. */
export type Span = Pick<CodeView, "validFromMs" | "validUntilMs">;

export function countdown(code: Span, nowMs: number): Countdown {
  const whole = code.validUntilMs - code.validFromMs;
  const left = Math.min(Math.max(code.validUntilMs - nowMs, 0), whole);
  const secs = Math.ceil(left / 1000);
  return {
    secs,
    part: whole === 0 ? 0 : left / whole,
    ending: secs <= ENDING_SECS,
    showNext: secs <= NEXT_SECS,
  };
}

/** Whether the code belongs to another moment than `nowMs`. */
export function isStale(code: Span, nowMs: number): boolean {
  return nowMs >= code.validUntilMs || nowMs < code.validFromMs;
}

/** Milliseconds until the figure changes next, never less than a frame. */
export function untilNextTick(code: Span, nowMs: number): number {
  const left = code.validUntilMs - nowMs;
  return Math.max(16, left <= 0 ? 16 : left % 1000 || 1000);
}

/** Whether the wall clock and the steady clock disagree: sleep, or a clock that was set. */
export function jumped(wallMs: number, steadyMs: number): boolean {
  return Math.abs(wallMs - steadyMs) > 1500;
}
