import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { registered, scenes, told } from "../src/lib/host/fixture";
import { show, shown } from "./support";

const network = { code: "network", class: "retry", faults: [] };
const called = (host: { calls: { name: string }[] }, name: string) =>
  host.calls.filter((call) => call.name === name).length;

describe("利用中止", () => {
  it("says what it means, and is sent only after the box was ticked", async () => {
    const { host, user } = await show("code");
    await user.click(screen.getByTestId("menu"));
    await user.click(screen.getByTestId("menu-stop"));
    expect(shown()).toBe("stop");
    expect(document.body.textContent).toContain("お振込等の資金移動のお取引ができなくなります");
    await user.click(screen.getByTestId("stop-send"));
    expect(called(host, "stop_token")).toBe(0);
    expect(document.activeElement).toBe(screen.getByTestId("stop-check"));
    expect(screen.getByText("利用を中止するには、確認の欄にチェックを入れてください。")).toBeTruthy();
    await user.click(screen.getByTestId("stop-check"));
    host.answers.stop_token = () => scenes.stopped?.state;
    await user.click(screen.getByTestId("stop-send"));
    expect(host.calls).toContainEqual({ name: "stop_token", args: { tokenId: registered.id } });
    await waitFor(() => expect(shown()).toBe("stopped"));
    expect(screen.getByTestId("receipt-number").textContent).toBe("4820193756");
    expect(screen.getByTestId("receipt-at").textContent).toContain("日本時間");
  });

  it("keeps one that was not answered, says so, and sends it again without asking twice", async () => {
    const { host, user } = await show("stop");
    host.answers.stop_token = () => Promise.reject(network);
    host.answers.state = () => scenes["stop-unanswered"]?.state;
    await user.click(screen.getByTestId("stop-check"));
    await user.click(screen.getByTestId("stop-send"));
    await waitFor(() => expect(shown()).toBe("stop-unanswered"));
    expect(screen.getByTestId("problem").dataset.code).toBe("network");
    host.answers.stop_token = () => scenes.stopped?.state;
    await user.click(screen.getByTestId("stop-send"));
    await waitFor(() => expect(shown()).toBe("stopped"));
  });

  it("tells a token that the bank ended from one that was stopped here", async () => {
    await show("stopped-elsewhere");
    expect(screen.queryByTestId("receipt-number")).toBeNull();
    expect(screen.getByTestId("known").textContent).toContain("金融機関でのお手続きにより終了しました");
  });

  it("offers neither 利用中止 nor 交換 of a token that is over", async () => {
    const { user } = await show("stopped");
    await user.click(screen.getByTestId("menu"));
    expect(screen.queryByTestId("menu-stop")).toBeNull();
    expect(screen.queryByTestId("menu-exchange")).toBeNull();
    expect(screen.getByTestId("menu-tokens")).toBeTruthy();
  });
});

describe("交換", () => {
  it("says on the old device not to delete the app, until a check shows that it was replaced", async () => {
    const { host, user } = await show("exchange");
    expect(screen.getByTestId("exchange-keep").textContent).toContain("削除しないでください");
    await user.click(screen.getByTestId("exchange-check"));
    await waitFor(() => expect(screen.getByTestId("exchange-said").textContent).toContain("まだ交換されていません"));
    expect(shown()).toBe("exchange");
    expect(screen.queryByTestId("erase-now")).toBeNull();
    const state = scenes.replaced?.state;
    host.answers.check = () => ({ state, told: { ...told, halt: "replaced" } });
    await user.click(screen.getByTestId("exchange-check"));
    await waitFor(() => expect(shown()).toBe("replaced"));
    expect(screen.getByTestId("erase-now").textContent).toContain("削除してもかまいません");
    await user.click(screen.getByTestId("remove"));
    expect(called(host, "remove")).toBe(0);
    await user.click(screen.getByTestId("remove-confirm"));
    expect(called(host, "remove")).toBe(1);
  });

  it("takes a token that was never registered for the new one, and shows its serial", async () => {
    const { user } = await show("exchange-new");
    expect(screen.getByText("SKTS 1234 5678")).toBeTruthy();
    expect(screen.queryByTestId("exchange-check")).toBeNull();
    await user.click(screen.getByTestId("exchange-here-old"));
    expect(shown()).toBe("exchange");
    expect(screen.getByTestId("exchange-check")).toBeTruthy();
  });

  it("is 利用解除 first where the institution issues tokens by IDs", async () => {
    await show("exchange-release");
    expect(document.body.textContent).toContain("「ワンタイムパスワード利用解除」");
    expect(document.body.textContent).not.toContain("資金移動用パスワード");
  });
});

describe("削除", () => {
  it("warns of a token in use, names whom to ask, and of one that is over asks simply", async () => {
    const { host, user } = await show("tokens");
    await user.click(screen.getAllByTestId("token-remove")[0] as HTMLElement);
    expect(screen.getByTestId("remove-warning").textContent).toContain("ワンタイムパスワードを表示できなくなり");
    expect(screen.getByText("見本支店 窓口（平日 9:00～15:00）")).toBeTruthy();
    await user.click(screen.getByTestId("remove-keep"));
    expect(called(host, "remove")).toBe(0);
  });

  it("says that the receipt's number goes with a stopped token", async () => {
    const { user } = await show("stopped");
    await user.click(screen.getByTestId("remove"));
    expect(screen.queryByTestId("remove-warning")).toBeNull();
    expect(screen.getByText(/受付番号 4820193756 も表示できなくなります/)).toBeTruthy();
  });
});

describe("notices", () => {
  it("stand under the code, each with the way to what it speaks of", async () => {
    const { user, app } = await show("code-notices");
    expect(screen.getByTestId("notice-expiring").textContent).toContain("2030/11/20");
    expect(screen.getByTestId("notice-unchecked").textContent).toContain("41日");
    for (const [button, screenName] of [
      ["notice-renew", "expiring"],
      ["notice-check", "check"],
      ["notice-stop", "stop-unanswered"],
    ] as const) {
      await user.click(screen.getByTestId(button));
      await waitFor(() => expect(shown()).toBe(screenName));
      app.go("main");
      await screen.findByTestId("code");
    }
  });

  it("there are none of a token in order", async () => {
    await show("code");
    for (const name of ["expiring", "unchecked", "stopping"])
      expect(screen.queryByTestId(`notice-${name}`)).toBeNull();
  });

  it("the end of a token comes with the steps to the next one", async () => {
    const { user } = await show("expiring");
    expect(document.body.textContent).toContain("「交換」");
    await user.click(screen.getByTestId("renew-add"));
    expect(shown()).toBe("welcome");
  });
});

describe("QR で入力", () => {
  const picture = () => new File([new Uint8Array([137, 80, 78, 71])], "qr.png", { type: "image/png" });

  it("fills the two IDs from a picture that was chosen, and goes on to the password", async () => {
    const { host, user } = await show("setup");
    await user.upload(screen.getByTestId("qr-file"), picture());
    await waitFor(() => expect(screen.getByTestId("qr-said").textContent).toContain("入力しました"));
    expect(host.calls).toContainEqual({ name: "ids_in_picture", args: { picture: "iVBORw==" } });
    expect(screen.getByTestId<HTMLInputElement>("service-id").value).toBe("1011 2235");
    expect(screen.getByTestId<HTMLInputElement>("user-id").value).toBe("9998 0000 0001");
    expect(screen.getByTestId<HTMLInputElement>("password").value).toBe("");
    expect(document.activeElement).toBe(screen.getByTestId("password"));
  });

  it("says what is wrong with another code, and leaves the fields as they were", async () => {
    const { host, user } = await show("setup");
    await user.type(screen.getByTestId("user-id"), "123456789012");
    host.answers.ids_on_clipboard = () => Promise.reject({ code: "qr-other", class: "user-input", faults: [] });
    await user.click(screen.getByTestId("qr-clipboard"));
    await waitFor(() => expect(screen.getByTestId("problem").dataset.code).toBe("qr-other"));
    expect(screen.getByTestId<HTMLInputElement>("user-id").value).toBe("1234 5678 9012");
    expect(screen.getByTestId("qr-said").textContent).toBe("");
  });

  it("reads no file that is too large to be a picture of a code", async () => {
    const { host, user } = await show("setup");
    const huge = picture();
    Object.defineProperty(huge, "size", { value: 21 * 1024 * 1024 });
    await user.upload(screen.getByTestId("qr-file"), huge);
    await waitFor(() => expect(screen.getByTestId("problem").dataset.code).toBe("qr-unreadable"));
    expect(called(host, "ids_in_picture")).toBe(0);
  });
});

describe("トークン一覧", () => {
  it("moves a token, says where it is now, and keeps the keyboard at it", async () => {
    const { host, user } = await show("tokens");
    const before = scenes.tokens?.state;
    if (before?.state !== "ready") throw new Error("no tokens");
    const [up] = screen.getAllByTestId<HTMLButtonElement>("token-up");
    expect(up?.disabled).toBe(true);
    const [down] = screen.getAllByTestId<HTMLButtonElement>("token-down");
    expect(down?.getAttribute("aria-label")).toBe("見本信用金庫 SKTS 1234 5678を下へ");
    host.answers.move_token = () => ({ ...before, tokens: before.tokens.toReversed() });
    if (down !== undefined) await user.click(down);
    const first = before.tokens[0]?.id;
    expect(host.calls).toContainEqual({ name: "move_token", args: { tokenId: first, towards: "end" } });
    await waitFor(() => expect(screen.getByTestId("token-moved").textContent).toContain("2件中2番目"));
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toContain("を上へ"));
  });

  it("has nothing to move where there is one", async () => {
    await show("code");
    expect(screen.queryByTestId("token-up")).toBeNull();
  });
});

describe("モード切替", () => {
  it("does not bring back who has left before it was answered", async () => {
    const { host, user } = await show("mode");
    let answer: (state: unknown) => void = () => {};
    host.answers.set_mode = () => new Promise((resolve) => (answer = resolve));
    await user.click(screen.getByTestId("mode-plain"));
    await user.click(screen.getByTestId("back"));
    await waitFor(() => expect(shown()).toBe("code-6"));
    answer(scenes["code-plain"]?.state);
    await waitFor(() => expect(shown()).toBe("code-plain"));
  });
});

describe("時計", () => {
  it("says under the code by how much it is off, how that is corrected, and how to set it", async () => {
    const { user } = await show("code-clock-off");
    const note = screen.getByTestId("notice-clock").textContent ?? "";
    expect(note).toContain("約3分進んでいます");
    expect(note).toContain("自動設定");
    await user.click(screen.getByTestId("notice-recheck"));
    await waitFor(() => expect(shown()).toBe("check"));
    expect((await screen.findByTestId("check-how")).textContent).toContain("自動設定");
  });
});
