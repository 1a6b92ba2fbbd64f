// The keys of a desktop program.
import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { watchKeys } from "../src/lib/keys";
import { show, shown } from "./support";

const press = (key: string, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true, ...more });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event;
};
const plain = { ctrlKey: false };

describe("the keyboard", () => {
  it("copies the code, but not while something is marked", async () => {
    const { host } = await show("code");
    press("c", { shiftKey: true });
    expect(host.calls.some(({ name }) => name === "copy_code")).toBe(false);
    const label = document.querySelector(".label") as HTMLElement;
    document.getSelection()?.selectAllChildren(label);
    expect(press("c").defaultPrevented).toBe(false);
    document.getSelection()?.removeAllRanges();
    expect(press("c").defaultPrevented).toBe(true);
    await waitFor(() => expect(host.calls.at(-1)?.name).toBe("copy_code"));
  });

  it("goes back at Escape, but not out of a field or from a menu", async () => {
    const { user } = await show("code");
    await user.click(screen.getByTestId("menu"));
    press("Escape", plain);
    await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
    expect(shown()).toBe("code");
    await user.click(screen.getByTestId("menu"));
    await user.click(screen.getByTestId("menu-settings"));
    press("Escape", plain);
    await waitFor(() => expect(shown()).toBe("code"));
  });

  it("does not leave a form that is being filled", async () => {
    await show("setup");
    const field = document.querySelector("input") as HTMLInputElement;
    field.focus();
    await fireEvent.keyDown(field, { key: "Escape" });
    expect(shown()).toBe("setup");
  });

  it("closes, quits and opens the settings on a desktop", async () => {
    const { app, host } = await show("code");
    watchKeys(app);
    press("w");
    expect(host.calls.at(-1)?.name).toBe("close_window");
    press("q");
    expect(host.calls.at(-1)?.name).toBe("quit");
    press("q", { altKey: true });
    expect(host.calls.filter(({ name }) => name === "quit")).toHaveLength(1);
    press(",");
    await waitFor(() => expect(shown()).toBe("settings"));
  });
});
