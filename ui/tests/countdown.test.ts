import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countdown, isStale, jumped, untilNextTick, type Countdown } from "../src/lib/countdown";
import { codeOf, thirty } from "../src/lib/host/fixture";
import type { CodeView } from "../src/lib/ipc/types";
import { CodeWatch } from "../src/lib/steady";

const T0 = 1_763_600_010_000;
const code = codeOf(thirty, 0, T0);

describe("countdown", () => {
  it("counts whole seconds down, rounded up", () => {
    expect(countdown(code, T0)).toEqual({ secs: 30, part: 1, ending: false, showNext: false });
    expect(countdown(code, T0 + 1).secs).toBe(30);
    expect(countdown(code, T0 + 1000).secs).toBe(29);
    expect(countdown(code, T0 + 29_999).secs).toBe(1);
    expect(countdown(code, T0 + 30_000)).toMatchObject({ secs: 0, part: 0 });
  });

  it("shows the next code from 10 s on and changes its shape from 5 s on", () => {
    expect(countdown(code, T0 + 19_999)).toMatchObject({ secs: 11, showNext: false });
    expect(countdown(code, T0 + 20_000)).toMatchObject({ secs: 10, showNext: true, ending: false });
    expect(countdown(code, T0 + 24_999)).toMatchObject({ secs: 6, ending: false });
    expect(countdown(code, T0 + 25_000)).toMatchObject({ secs: 5, ending: true });
  });

  it("stays inside the step whatever the clock says", () => {
    expect(countdown(code, T0 - 1e9)).toMatchObject({ secs: 30, part: 1 });
    expect(countdown(code, T0 + 1e9)).toMatchObject({ secs: 0, part: 0 });
  });

  it("ticks on the second of the step", () => {
    expect(untilNextTick(code, T0)).toBe(1000);
    expect(untilNextTick(code, T0 + 300)).toBe(700);
    expect(untilNextTick(code, T0 + 30_000)).toBe(16);
  });

  it("knows a code of another moment, and a clock that was set", () => {
    expect(isStale(code, T0)).toBe(false);
    expect(isStale(code, T0 + 29_999)).toBe(false);
    expect(isStale(code, T0 + 30_000)).toBe(true);
    expect(isStale(code, T0 - 1)).toBe(true);
    expect(jumped(1000, 1003)).toBe(false);
    expect(jumped(61_000, 1000)).toBe(true);
    expect(jumped(-59_000, 1000)).toBe(true);
  });
});

describe("CodeWatch", () => {
  let wall = T0;
  let asked: number[] = [];
  let shown: CodeView[] = [];
  let ticks: Countdown[] = [];
  let watch: CodeWatch;
  const fail = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    wall = T0;
    asked = [];
    shown = [];
    ticks = [];
    watch = new CodeWatch(
      async () => {
        const now = wall + Date.now();
        asked.push(now);
        const at = (now - T0) % 30_000;
        return codeOf(thirty, ((at + 30_000) % 30_000) / 1000, now);
      },
      (each) => shown.push(each),
      (left) => ticks.push(left),
      fail,
      { wall: () => wall + Date.now(), steady: () => Date.now() },
    );
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it("asks once a step, at its first moment, and counts every second between", async () => {
    await vi.advanceTimersByTimeAsync(61_000);
    expect(asked).toEqual([T0, T0 + 30_000, T0 + 60_000]);
    expect(ticks.slice(0, 4).map(({ secs }) => secs)).toEqual([30, 29, 28, 27]);
    expect(ticks.length).toBe(62);
  });

  it.each([
    ["forwards", 3_600_000],
    ["back", -3_600_000],
    ["a little, inside the step", 7_000],
    ["by a day of sleep", 86_400_000],
  ])("asks within a second when the clock is set %s", async (_, jump) => {
    await vi.advanceTimersByTimeAsync(5_000);
    wall += jump;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked.length).toBe(2);
  });

  it("asks when the page is seen again", async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.length).toBe(2);
    expect(shown.length).toBe(2);
  });

  it("asks nobody once it is stopped", async () => {
    watch.stop();
    await vi.advanceTimersByTimeAsync(90_000);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(asked.length).toBe(1);
    expect(fail).not.toHaveBeenCalled();
  });
});
