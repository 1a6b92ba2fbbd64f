import { screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { show } from "./support";

afterEach(() => vi.useRealTimers());
const chosen = () =>
  ["blocked", "allowed"].filter(
    (value) => (screen.getByTestId(`screenshots-${value}`) as HTMLInputElement).checked,
  );

describe("pictures of the screen", () => {
  it.each([
    ["ja", "防ぐことができません"],
    ["en", "an app cannot prevent screenshots"],
  ] as const)("are said to be open where nothing blocks them (%s)", async (language, words) => {
    await show("settings", language);
    expect((await screen.findByTestId("screenshots-open")).textContent).toContain(words);
    expect(screen.queryByTestId("screenshots-allowed")).toBeNull();
  });

  it("are allowed for a while and blocked again, as the program says", async () => {
    const { host, user } = await show("settings-phone");
    await screen.findByRole("group", { name: "画面の撮影" });
    expect(chosen()).toEqual(["blocked"]);
    expect(screen.queryByTestId("screenshots-open")).toBeNull();
    await user.click(screen.getByTestId("screenshots-allowed"));
    expect(host.calls.at(-1)).toEqual({ name: "allow_screenshots", args: { allowed: true } });
    expect(chosen()).toEqual(["allowed"]);
    await user.click(screen.getByTestId("screenshots-blocked"));
    expect(host.calls.at(-1)).toEqual({ name: "allow_screenshots", args: { allowed: false } });
    await waitFor(() => expect(chosen()).toEqual(["blocked"]));
  });

  it("are shown to be blocked again when the time is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { host } = await show("settings-phone", "en", (host) => {
      host.answers.screenshots = () => ({ canBlock: true, allowedSecs: 42 });
    });
    await vi.waitFor(() => expect(chosen()).toEqual(["allowed"]));
    delete host.answers.screenshots;
    await vi.advanceTimersByTimeAsync(41_000);
    expect(chosen()).toEqual(["allowed"]);
    await vi.advanceTimersByTimeAsync(1000);
    await vi.waitFor(() => expect(chosen()).toEqual(["blocked"]));
  });
});
