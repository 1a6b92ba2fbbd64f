import { screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { App } from "../src/lib/app.svelte";
import { Fixture } from "../src/lib/host/fixture";
import { pickLanguage } from "../src/lib/i18n/index.svelte";
import type { Settings } from "../src/lib/ipc/types";
import { sizeText } from "../src/lib/zoom";
import { show, shown } from "./support";

describe("a hidden code", () => {
  const DIGITS = ["482913", "482 913", "075526", "075 526", "よん・はち", "ゼロ・なな"];
  /** Which digits, as figures or as words, are anywhere in the page. */
  const inPage = () => {
    // The text without its tags, as each group has an element of its own, and the attributes.
    const { textContent, outerHTML } = document.documentElement;
    return DIGITS.filter((digits) => (textContent + outerHTML).includes(digits));
  };

  it("is not in the page until it is asked for, and again after it is hidden", async () => {
    const { user } = await show("code-hidden");
    expect(inPage()).toEqual([]);
    await user.click(screen.getByTestId("show-code"));
    expect(screen.getByTestId("code").textContent).toBe("482913");
    expect(inPage()).toEqual(["482913", "よん・はち"]);
    expect(document.activeElement).toBe(screen.getByTestId("code"));
    await user.click(screen.getByTestId("hide-code"));
    expect(inPage()).toEqual([]);
    expect(document.activeElement).toBe(screen.getByTestId("show-code"));
  });

  it("works from the keyboard and says what it is", async () => {
    const { user } = await show("code-hidden", "en");
    await user.tab();
    const button = screen.getByRole("button", { name: "The password is hidden Show" });
    expect(document.activeElement).toBe(button);
    await user.keyboard("{Enter}");
    expect(document.activeElement).toBe(screen.getByTestId("code"));
    await user.keyboard("r");
    expect(screen.getByText("four eight two nine one three")).toBeTruthy();
    await user.tab();
    await user.keyboard(" ");
    expect(screen.queryByText("four eight two nine one three")).toBeNull();
  });

  it("can be copied as it is, and the next one stays hidden too", async () => {
    const { host, app, user } = await show("code-ending");
    await app.set({ hideCode: "always" });
    app.go("about");
    await waitFor(() => expect(shown()).toBe("about"));
    app.go("main");
    await screen.findByTestId("show-code");
    expect(screen.getByText("まもなく切り替わります")).toBeTruthy();
    await user.click(screen.getByTestId("copy-code"));
    expect(host.calls.at(-1)?.name).toBe("copy_code");
    expect(screen.getByTestId("status").textContent).toContain("コピーしました");
    expect(inPage()).toEqual([]);
  });

  it.each([
    ["never", ["code", "code"]],
    ["unfocused", ["code", "code-hidden"]],
    ["always", ["code-hidden", "code-hidden"]],
  ] as const)("%s: before and after the window loses the focus", async (hideCode, expected) => {
    const { app } = await show("about");
    await app.set({ hideCode });
    app.go("main");
    await waitFor(() => expect(shown()).toBe(expected[0]));
    await screen.findByTestId(expected[0] === "code" ? "code" : "show-code");
    window.dispatchEvent(new FocusEvent("blur"));
    await waitFor(() => expect(shown()).toBe(expected[1]));
    expect(inPage().length > 0).toBe(expected[1] === "code");
    // It stays as it is when the focus comes back.
    window.dispatchEvent(new FocusEvent("focus"));
    expect(shown()).toBe(expected[1]);
  });
});

describe("the settings", () => {
  afterEach(() => {
    for (const attribute of ["data-theme", "style"]) document.documentElement.removeAttribute(attribute);
    sizeText(100);
  });

  it("apply at once and are remembered whole", async () => {
    const { host, user } = await show("code");
    await user.click(screen.getByTestId("menu"));
    await user.click(screen.getByTestId("menu-settings"));
    const root = document.documentElement;
    await user.click(screen.getByTestId("language-en"));
    expect(root.lang).toBe("en");
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Settings");
    await user.click(screen.getByTestId("theme-dark"));
    expect(root.dataset.theme).toBe("dark");
    await user.click(screen.getByTestId("text-size-largest"));
    expect(root.style.fontSize).toBe("200%");
    await user.click(screen.getByTestId("hide-code-always"));
    await user.click(screen.getByTestId("clear-after-a-minute"));
    await user.click(screen.getByTestId("show-next-off"));
    await user.click(screen.getByTestId("tray-stay"));
    const settings: Settings = {
      language: "en",
      theme: "dark",
      textSize: "largest",
      hideCode: "always",
      clearAfter: "a-minute",
      showNext: false,
      keepInTray: true,
      lockAfter: "five-minutes",
    };
    expect(host.calls.at(-1)).toEqual({ name: "set_settings", args: { settings } });
    await user.click(screen.getByTestId("theme-system"));
    expect(root.dataset.theme).toBeUndefined();
    await user.click(screen.getByTestId("settings-done"));
    await screen.findByTestId("show-code");
    // A new start with the same settings.
    root.removeAttribute("data-theme");
    root.style.fontSize = "";
    sizeText(100);
    new App(new Fixture("code", null, settings));
    expect([root.lang, root.dataset.theme, root.style.fontSize]).toEqual(["en", "dark", "200%"]);
  });

  it("stay out of a tray that is not there, and say so", async () => {
    const { app, host, user } = await show("settings");
    host.answers.set_settings = ({ settings }: { settings: Settings }) =>
      Promise.resolve({ ...settings, keepInTray: false });
    await user.click(screen.getByTestId("tray-stay"));
    await screen.findByTestId("tray-missing");
    expect(app.settings.keepInTray).toBe(false);
    expect((screen.getByTestId("tray-quit") as HTMLInputElement).checked).toBe(true);
    app.go("main");
    app.go("settings");
    await waitFor(() => expect(screen.queryByTestId("tray-missing")).toBeNull());
  });

  it("follow the system again when they are told to", async () => {
    const { host, user } = await show("settings", "en");
    await user.click(screen.getByTestId("language-system"));
    expect(host.calls.at(-1)?.args).toMatchObject({ settings: { language: null } });
    expect(document.documentElement.lang).toBe(pickLanguage(null, navigator.languages));
  });

  it("leave the next password out of the last seconds, and no word less", async () => {
    const { app } = await show("code-ending");
    expect(screen.getByTestId("next-code").textContent).toContain("075 526");
    await app.set({ showNext: false });
    await waitFor(() => expect(screen.getByTestId("next-code").textContent).not.toContain("075 526"));
    expect(screen.getByText("まもなく切り替わります")).toBeTruthy();
  });

  it("say so when they could not be written down, and hold all the same", async () => {
    const { host, user } = await show("settings");
    host.answers.set_settings = () => Promise.reject({ code: "disk", class: "environment", faults: [] });
    await user.click(screen.getByTestId("theme-dark"));
    await screen.findByTestId("not-kept");
    expect(document.documentElement.dataset.theme).toBe("dark");
    delete host.answers.set_settings;
    await user.click(screen.getByTestId("theme-light"));
    await waitFor(() => expect(screen.queryByTestId("not-kept")).toBeNull());
  });
});
