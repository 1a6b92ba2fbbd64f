import { screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import { scenes } from "../src/lib/host/fixture";
import { locked } from "../src/lib/host/locked";
import { watchIdle } from "../src/lib/idle";
import type { AppError, AppState } from "../src/lib/ipc/types";
import { show, shown } from "./support";

const ready = scenes.code?.state as AppState;
const field = (name: string) => screen.getByTestId<HTMLInputElement>(name);
const set = { canBeSet: true, isSet: true, leastDigits: 4, mostDigits: 12, mostTries: 10 };

afterEach(() => vi.useRealTimers());

it("sends the PIN folded and once, clears the field, and says how many are left", async () => {
  const { host, user } = await show("lock");
  await user.type(field("pin"), "８３５１０７");
  expect(field("pin").type).toBe("password");
  host.answers.unlock = () => locked({ triesLeft: 8, refused: true });
  await user.click(screen.getByTestId("unlock"));
  expect(field("pin").value).toBe("");
  expect(host.calls.filter(({ name }) => name === "unlock").map(({ args }) => args)).toEqual([
    { pin: "835107" },
  ]);
  await waitFor(() => expect(screen.getByTestId("pin-refused").textContent).toContain("あと8回"));
  expect(document.activeElement).toBe(field("pin"));
  host.answers.unlock = () => ready;
  await user.type(field("pin"), "4926{Enter}");
  await waitFor(() => expect(shown()).toBe("code"));
});

it("sends nothing that is no PIN", async () => {
  const { host, user } = await show("lock");
  await user.type(field("pin"), "12{Enter}");
  expect(screen.getByTestId("pin-fault").textContent).toBe("PINは4～12桁の数字です。いまは2桁です。");
  expect(host.calls.some(({ name }) => name === "unlock")).toBe(false);
});

it("counts a wait down, and lets the PIN be typed when it is over", async () => {
  const { app, host } = await show("lock");
  vi.useFakeTimers();
  host.answers.unlock = () => locked({ triesLeft: 7, waitUntilMs: Date.now() + 15_000 });
  await app.unlock("4926");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(shown()).toBe("lock-wait");
  expect(screen.getByRole("timer").textContent).toBe("14秒");
  expect(screen.queryByTestId("pin")).toBeNull();
  await vi.advanceTimersByTimeAsync(14_500);
  expect(shown()).toBe("lock");
  expect(field("pin")).toBeTruthy();
});

it("says before a PIN is set what it means to forget it, and sends it once it was typed twice", async () => {
  const { host, user } = await show("pin");
  expect(screen.getByTestId("pin-before").textContent).toMatch(/忘れたとき.*再発行または交換/);
  await user.type(field("new-pin"), "835107");
  await user.type(field("again-pin"), "835170{Enter}");
  expect(screen.getByTestId("again-pin-fault").textContent).toContain("2回の入力が違います");
  expect(host.calls.some(({ name }) => name === "set_pin")).toBe(false);
  await user.clear(field("again-pin"));
  await user.type(field("again-pin"), "835107{Enter}");
  expect(host.calls.find(({ name }) => name === "set_pin")?.args).toEqual({ new: "835107" });
  await waitFor(() => expect(shown()).toBe("settings"));
  expect(screen.getByTestId("pin-done").textContent).toBe("PINを設定しました。");
});

it("says why a PIN that everybody tries first is refused", async () => {
  const { host, user } = await show("pin");
  const refusal: AppError = {
    code: "invalid-pin",
    class: "user-input",
    faults: [{ field: "new-pin", fault: { kind: "in-order" } }],
  };
  host.answers.set_pin = () => Promise.reject(refusal);
  await user.type(field("new-pin"), "1234");
  await user.type(field("again-pin"), "1234{Enter}");
  await waitFor(() => expect(screen.getByTestId("new-pin-fault").textContent).toContain("順に並んだ"));
  expect(document.activeElement).toBe(field("new-pin"));
  expect(field("new-pin").value).toBe("");
});

it("asks for the PIN in force to change it or take it off", async () => {
  const { host, user } = await show("pin", "en", (host) => (host.answers.pin_setting = () => set));
  await user.type(field("current-pin"), "835107");
  await user.type(field("new-pin"), "4926");
  await user.type(field("again-pin"), "4926{Enter}");
  expect(host.calls.find(({ name }) => name === "change_pin")?.args).toEqual({
    current: "835107",
    new: "4926",
  });
  await waitFor(() => expect(shown()).toBe("settings"));
  await user.click(screen.getByTestId("pin"));
  await user.click(screen.getByTestId("pin-what-remove"));
  expect(screen.queryByTestId("new-pin")).toBeNull();
  host.answers.remove_pin = () => locked({ triesLeft: 7, waitUntilMs: Date.now() + 15_000 });
  await user.type(field("current-pin"), "4926{Enter}");
  await waitFor(() => expect(shown()).toBe("lock-wait"));
});

it("locks wherever it is when the program says so, and shows nothing that was there", async () => {
  const { app, host } = await show("check");
  let tell: (state: AppState) => void = () => {};
  host.channel = (onmessage) => {
    tell = onmessage as typeof tell;
    return { onmessage };
  };
  await app.watchLock();
  tell(locked({}));
  await waitFor(() => expect(shown()).toBe("lock"));
  expect(document.body.textContent).not.toContain("SKTS");
});

it("notices that nobody is there, once, by whichever clock shows more", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setInterval", "clearInterval"] });
  const lock = vi.fn();
  const stop = watchIdle(() => 1, lock);
  await vi.advanceTimersByTimeAsync(58_000);
  window.dispatchEvent(new Event("keydown"));
  await vi.advanceTimersByTimeAsync(58_000);
  expect(lock).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(lock).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(lock).toHaveBeenCalledTimes(1);
  window.dispatchEvent(new Event("pointerdown"));
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(lock).toHaveBeenCalledTimes(2);
  stop();
});
