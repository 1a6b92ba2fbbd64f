import { screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scenes, told } from "../src/lib/host/fixture";
import type { AppState } from "../src/lib/ipc/types";
import { DEFAULTS } from "../src/lib/settings";
import { faults, show, shown } from "./support";

/** Scenes that are the same screen in another moment or with another token. */
const SAME: Record<string, string> = {
  "code-60": "code",
  "code-ending": "code",
  "code-clock-off": "code",
  "code-notices": "code",
  "exchange-release": "exchange",
  "stopped-elsewhere": "stopped",
  "setup-done-activated": "setup-done",
  "settings-phone": "settings",
};

afterEach(() => vi.useRealTimers());

describe.each(["ja", "en"] as const)("in %s", (language) => {
  it.each(Object.keys(scenes))("%s is shown, speaks that language and is accessible", async (name) => {
    await show(name, language);
    expect(shown()).toBe(SAME[name] ?? name);
    expect(document.documentElement.lang).toBe(language);
    const heading = screen.getByRole("heading", { level: 1 });
    expect(heading).toHaveProperty("textContent", expect.stringMatching(/\S/));
    // Whoever meets the lock types at once.
    expect(document.activeElement).toBe(name === "lock" ? screen.getByTestId("pin") : heading);
    expect(await faults()).toEqual([]);
  });
});

it("axe would find a fault", async () => {
  await show("welcome");
  document.querySelector("main")?.insertAdjacentHTML("beforeend", '<img src="x"><button></button>');
  expect((await faults()).map((fault) => fault.split(":")[0])).toEqual(["button-name", "image-alt"]);
});

describe("first use", () => {
  it("asks for consent, then for the three numbers, and sends them folded", async () => {
    const { host, user } = await show("welcome");
    await user.click(screen.getByTestId("welcome-activate"));
    await user.click(screen.getByTestId("consent-next"));
    expect(shown()).toBe("consent");
    expect(screen.getByText("次へ進むには、同意の欄にチェックを入れてください。")).toBeTruthy();
    await user.click(screen.getByTestId("consent-check"));
    await user.click(screen.getByTestId("consent-next"));
    expect(shown()).toBe("setup");
    let answer: (state: AppState) => void = () => {};
    host.answers.activate = () => new Promise((done) => (answer = done));
    const password = screen.getByTestId<HTMLInputElement>("password");
    await user.type(screen.getByTestId("service-id"), "１０１１-２２３５");
    await user.type(screen.getByTestId("user-id"), "999800000001");
    await user.type(password, "１２３４");
    expect(screen.getByTestId<HTMLInputElement>("service-id").value).toBe("1011 2235");
    expect(screen.getByTestId<HTMLInputElement>("user-id").value).toBe("9998 0000 0001");
    expect(password.type).toBe("password");
    await user.click(screen.getByTestId("send"));
    expect(password.value).toBe("");
    expect(host.calls.find(({ name }) => name === "activate")?.args).toMatchObject({
      form: { serviceId: "10112235", userId: "999800000001", password: "1234" },
      consent: 1,
    });
    await waitFor(() => expect(shown()).toBe("setup-sending"));
    answer(scenes["setup-done"]?.state as AppState);
    await waitFor(() => expect(shown()).toBe("setup-done"));
    expect(screen.getByTestId("match-number").textContent).toBe("4821");
  });

  it("says in words what is wrong, sends nothing and goes to the field", async () => {
    const { host, user } = await show("setup");
    await user.type(screen.getByTestId("service-id"), "1011");
    await user.type(screen.getByTestId("user-id"), "99980000000x");
    expect(screen.getByTestId("user-id-fault").textContent).toBe("ユーザIDは数字だけで入力してください。");
    await user.click(screen.getByTestId("send"));
    expect(screen.getByTestId("service-id-fault").textContent).toBe(
      "サービスIDは8桁の数字です。いまは4桁です。",
    );
    expect(screen.getByTestId("password-fault").textContent).toBe("利用開始パスワードを入力してください。");
    expect(document.activeElement).toBe(screen.getByTestId("service-id"));
    expect(host.calls.some(({ name }) => name === "activate")).toBe(false);
  });

  it.each([
    ["setup-done", /「利用開始」の画面で.*シリアル番号とワンタイムパスワード/],
    ["setup-done-activated", /「ワンタイムパスワード利用開始」の画面で、次の画面に表示されるワンタイムパスワード/],
  ])("%s says what is to be done at the bank next, as the institution's way has it", async (name, words) => {
    await show(name);
    expect(screen.getByTestId("then").textContent).toMatch(words);
  });

  it("keeps the IDs of a refused try, and never the password", async () => {
    const { user } = await show("setup-wrong");
    await user.click(screen.getByTestId("retry"));
    expect(screen.getByTestId<HTMLInputElement>("service-id").value).toBe("1011 2235");
    expect(screen.getByTestId<HTMLInputElement>("user-id").value).toBe("9998 0000 0001");
    expect(screen.getByTestId<HTMLInputElement>("password").value).toBe("");
  });

  it("sets up by itself where the institution does so, and can be stopped", async () => {
    const { host, user } = await show("welcome");
    await user.click(screen.getByTestId("welcome-start"));
    await user.click(screen.getByTestId("consent-check"));
    host.answers.self_provision = () => new Promise(() => {});
    await user.click(screen.getByTestId("consent-next"));
    await waitFor(() => expect(shown()).toBe("setup-sending"));
    await user.click(screen.getByTestId("cancel"));
    expect(host.calls.at(-1)?.name).toBe("stop_set_up");
    expect(screen.getByTestId<HTMLButtonElement>("cancel").disabled).toBe(true);
  });

  it("asks for the password again to resume, and clears it", async () => {
    const { host, user } = await show("setup-network");
    await user.click(screen.getByTestId("resume"));
    expect(host.calls.some(({ name }) => name === "resume")).toBe(false);
    host.answers.resume = () => scenes.code?.state;
    await user.type(screen.getByTestId("password"), "７３９１");
    await user.click(screen.getByTestId("resume"));
    await waitFor(() => expect(shown()).toBe("code"));
    expect(host.calls.find(({ name }) => name === "resume")?.args).toMatchObject({ password: "7391" });
  });
});

describe("every day", () => {
  it("shows the digits in groups, read one by one, with serial and dates", async () => {
    await show("code");
    const code = screen.getByTestId("code");
    expect(code.textContent).toBe("482913");
    expect(code.getAttribute("aria-label")).toContain("よん・はち・に・きゅう・いち・さん");
    expect(screen.getByTestId("serial").textContent).toBe("SKTS 1234 5678");
    expect(screen.getByRole("timer").textContent).toBe("あと21秒");
    expect(screen.getByTestId("expires-at").textContent).toContain("日本時間");
  });

  it("hides the serial in the plain mode", async () => {
    await show("code-plain");
    expect(screen.queryByTestId("serial")).toBeNull();
    expect(document.body.textContent).not.toContain("SKTS");
  });

  it("announces the last seconds and shows the next code", async () => {
    await show("code-ending");
    expect(screen.getByText("まもなく切り替わります")).toBeTruthy();
    expect(screen.getByTestId("next-code").textContent).toContain("075 526");
  });

  it("copies through the program and says when it is cleared", async () => {
    const { host, user } = await show("code");
    await user.click(screen.getByTestId("copy-code"));
    expect(screen.getByText("コピーしました（30秒後に消去）")).toBeTruthy();
    expect(host.calls.at(-1)).toEqual({ name: "copy_code", args: { tokenId: "token-mihon-shinkin" } });
    host.answers.copy_code = () => Promise.reject(new Error("no clipboard"));
    await user.click(screen.getByTestId("copy-code"));
    expect(screen.getByText(/コピーできませんでした/)).toBeTruthy();
  });

  it.each([
    ["ja", "まもなく切り替わるため、次のパスワードをコピーしました（30秒後に消去）"],
    ["en", "About to change, so the next password was copied (cleared in 30 seconds)"],
  ] as const)("says in %s when it was the next code that was copied", async (language, words) => {
    const { user } = await show("code-ending", language);
    await user.click(screen.getByTestId("copy-code"));
    expect(screen.getByTestId("status").textContent).toBe(words);
  });

  it("has a menu that works from the keyboard and gives the focus back", async () => {
    const { user } = await show("code");
    const button = screen.getByTestId("menu");
    button.focus();
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(screen.getByTestId("menu-mode"));
    await user.keyboard("{ArrowUp}");
    expect(document.activeElement).toBe(screen.getByTestId("menu-about"));
    await user.keyboard("{Home}{ArrowDown}");
    expect(document.activeElement).toBe(screen.getByTestId("menu-tokens"));
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(button);
    await user.keyboard("{Enter}{Enter}");
    expect(shown()).toBe("mode");
  });

  it("speaks the digits on request, and keeps the timer silent", async () => {
    const { user } = await show("code", "en");
    screen.getByTestId("code").focus();
    await user.keyboard("r");
    expect(screen.getByText("four eight two nine one three")).toBeTruthy();
    expect(screen.getByRole("timer").getAttribute("aria-live")).toBeNull();
  });

  it("removes a token only after a second word", async () => {
    const { host, user } = await show("tokens");
    await user.click(screen.getAllByTestId("token-remove")[1] as HTMLElement);
    expect(host.calls.some(({ name }) => name === "remove")).toBe(false);
    await user.click(screen.getByTestId("remove-confirm"));
    expect(host.calls).toContainEqual({ name: "remove", args: { tokenId: "token-mihon-shinkumi" } });
  });

  it("goes to the state that explains it when a code cannot be had", async () => {
    await show("about").then(async ({ host, app }) => {
      host.answers.code = () => Promise.reject({ code: "keystore-locked", class: "environment", faults: [] });
      host.answers.state = () => ({ state: "keystore-locked" });
      app.go("main");
    });
    await waitFor(() => expect(shown()).toBe("keystore-locked"));
  });
});

describe("the check", () => {
  it("asks as it opens, and says where the token stands and how the clock is", async () => {
    const { host, user } = await show("code");
    await user.click(screen.getByTestId("menu"));
    await user.click(screen.getByTestId("menu-check"));
    expect(host.calls.at(-1)).toEqual({ name: "check", args: { tokenId: "token-mihon-shinkin" } });
    await waitFor(() => expect(screen.getByTestId("check-state").textContent).toContain("登録済み"));
    expect(screen.getByTestId("check-clock").textContent).toBe(
      "約3分進んでいます（たった今確認）。ワンタイムパスワードは正しい時刻に補正して表示します。",
    );
    await user.click(screen.getByTestId("check-again"));
    expect(host.calls.filter(({ name }) => name === "check")).toHaveLength(2);
  });

  it("says why there is no answer, keeps nothing of the one before and tries again", async () => {
    const { host, user } = await show("check");
    await screen.findByTestId("check-state");
    host.answers.check = () => Promise.reject({ code: "network", class: "retry", faults: [] });
    await user.click(screen.getByTestId("check-again"));
    await waitFor(() => expect(screen.getByTestId("problem").dataset.code).toBe("network"));
    expect(shown()).toBe("check");
    expect(screen.queryByTestId("check-state")).toBeNull();
    delete host.answers.check;
    await user.click(screen.getByTestId("check-again"));
    await screen.findByTestId("check-state");
    expect(screen.queryByTestId("problem")).toBeNull();
  });

  it("goes to the screen of a token that was stopped, which shows no code and whom to call", async () => {
    const { host } = await show("code", "ja", (fixture) => {
      const state = scenes["suspected-copy"]?.state;
      fixture.answers.check = () => ({ state, told: { ...told, halt: "suspected-copy" } });
    }).then(async (open) => {
      open.app.go("check");
      return open;
    });
    await waitFor(() => expect(shown()).toBe("suspected-copy"));
    expect(screen.queryByTestId("code")).toBeNull();
    expect(host.calls.at(-1)?.name).toBe("check");
    expect(screen.getByText("見本信用金庫", { selector: "strong" })).toBeTruthy();
    expect(screen.getByTestId("remove")).toBeTruthy();
  });

  it("brings a token back that was unlocked", async () => {
    const { host, user } = await show("token-locked");
    expect(screen.queryByTestId("remove")).toBeNull();
    host.answers.check = () => ({ state: scenes.code?.state, told });
    await user.click(screen.getByTestId("check-again"));
    await waitFor(() => expect(shown()).toBe("code"));
  });
});

describe("when something is wrong", () => {
  it("tries again, and shows the code once it works", async () => {
    const { host, user } = await show("keystore-locked");
    host.answers.open = () => ({ state: scenes.code?.state, code: null });
    await user.click(screen.getByTestId("retry"));
    await waitFor(() => expect(shown()).toBe("code"));
  });

  it.each(["item-missing", "other-device", "corrupt", "device-key-gone", "chip-absent"])(
    "%s names whom to tell, and destroys nothing without a second word",
    async (name) => {
      const { host, user } = await show(name);
      expect(screen.getByText("見本信用組合", { selector: "strong" })).toBeTruthy();
      await user.click(screen.getByTestId("start-over"));
      expect(host.calls.some(({ name: called }) => called === "start_over")).toBe(false);
      await user.click(screen.getByTestId("start-over-confirm"));
      expect(host.calls.at(-1)?.name).toBe("start_over");
    },
  );

  it.each(["keystore-locked", "keystore-absent", "keystore-slow", "keystore-not-entitled", "chip-busy", "in-use", "newer-format", "disk"])(
    "%s offers no way to throw the token away",
    async (name) => {
      await show(name);
      expect(screen.queryByTestId("start-over")).toBeNull();
    },
  );

  it("changes the language everywhere, and asks for it to be remembered", async () => {
    const { host, user } = await show("keystore-absent");
    await user.click(screen.getByTestId("language"));
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("No keyring was found");
    expect(document.documentElement.lang).toBe("en");
    expect(host.calls.at(-1)).toEqual({ name: "set_settings", args: { settings: { ...DEFAULTS, language: "en" } } });
  });
});
