import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { thirty } from "../src/lib/host/fixture";
import { payment } from "../src/lib/host/payment";
import { plainAmount, spokenAmount } from "../src/lib/payment";
import { faults, show, shown } from "./support";

const refuse = (code: string, faults: unknown[] = []) =>
  Promise.reject({ code, class: code === "network" ? "retry" : "user-input", faults });

async function type(user: Awaited<ReturnType<typeof show>>["user"], name = "ﾐﾎﾝ　ﾀﾛｳ", amount = "５０，０００円") {
  await user.type(screen.getByTestId("sign-bank"), "９９９９");
  await user.type(screen.getByTestId("sign-branch"), "001");
  await user.type(screen.getByTestId("sign-number"), "123-4567");
  await user.type(screen.getByTestId("sign-name"), name);
  await user.type(screen.getByTestId("sign-amount"), amount);
  await user.click(screen.getByTestId("sign-next"));
}

describe("signing a transfer", () => {
  it("is a mode where the institution takes signatures, and none elsewhere", async () => {
    const { host, user } = await show("mode");
    await user.click(screen.getByTestId("mode-signing"));
    expect(host.calls.at(-1)).toEqual({ name: "set_mode", args: { tokenId: "token-mihon-rengo", mode: "signing" } });
  });

  it("is not offered by an institution that takes none", async () => {
    await show("mode", "ja", (host) => {
      host.answers.open = () => ({
        state: { state: "ready", tokens: [{ ...thirty, signing: false }], selected: thirty.id, pending: null, faulty: [] },
        code: null,
      });
    });
    expect(screen.queryByTestId("mode-signing")).toBeNull();
    expect(screen.getByTestId("mode-plain")).toBeTruthy();
  });

  it.each(["ja", "en"] as const)("goes from what is typed over its review to the signature, in %s", async (language) => {
    const { host, user } = await show("sign", language);
    expect(await faults()).toEqual([]);
    await type(user);
    expect(host.calls.at(-1)).toEqual({
      name: "review_payment",
      args: {
        tokenId: "token-mihon-shinkin",
        form: {
          payeeBank: "9999",
          payeeBranch: "001",
          accountKind: "普通",
          accountNumber: "1234567",
          payeeName: "ﾐﾎﾝ　ﾀﾛｳ",
          amountYen: "50000",
        },
      },
    });
    await waitFor(() => expect(shown()).toBe("sign-review"));
    expect(await faults()).toEqual([]);
    expect(screen.getByTestId("payment-name").textContent).toBe("ミホン タロウ");
    const number = screen.getByTestId("payment-number").getAttribute("aria-label");
    expect(number).toBe(language === "ja" ? "いち・に・さん・よん・ご・ろく・なな" : "one two three four five six seven");
    const amount = screen.getByTestId("payment-amount");
    expect(amount.textContent).toBe(language === "ja" ? "50,000円" : "50,000 yen");
    expect(amount.getAttribute("aria-label")).toBe(language === "ja" ? "5万円" : "50,000 yen");
    expect(host.calls.some(({ name }) => name === "sign")).toBe(false);
    await user.click(screen.getByTestId("sign-sign"));
    await waitFor(() => expect(shown()).toBe("sign-result"));
    expect(host.calls.at(-1)).toEqual({ name: "sign", args: { tokenId: "token-mihon-shinkin", form: payment.fields } });
    expect(await faults()).toEqual([]);
    expect(screen.getByTestId("signature").textContent).toBe("29659806");
    expect(screen.getByTestId("payment-name").textContent).toBe("ミホン タロウ");
    expect(screen.getByRole("timer").textContent).toContain("60");
    await user.click(screen.getByTestId("sign-speak"));
    expect(screen.getByTestId("sign-heard").textContent).toBe(
      language === "ja" ? "に・きゅう・ろく・ご・きゅう・はち・ゼロ・ろく" : "two nine six five nine eight zero six",
    );
    await user.click(screen.getByTestId("sign-copy"));
    expect(host.calls.at(-1)?.name).toBe("copy_signature");
    expect(screen.getByTestId("sign-status").textContent).toContain("30");
    await user.click(screen.getByTestId("sign-another"));
    expect(shown()).toBe("sign");
    expect(screen.getByTestId<HTMLInputElement>("sign-name").value).toBe("");
    // Three looks of axe-core, on a machine that may be busy.
  }, 60_000);

  it("says what is wrong at each field and goes to the first", async () => {
    const { user } = await show("sign", "ja", (host) => {
      host.answers.review_payment = () =>
        refuse("invalid-payment", [
          { field: "payee-name", fault: { kind: "characters" } },
          { field: "amount-yen", fault: { kind: "amount" } },
        ]);
    });
    await type(user, "見本太郎", "5万");
    expect(shown()).toBe("sign");
    await waitFor(() => expect(screen.getByTestId("sign-name-fault").textContent).toContain("カタカナ"));
    expect(screen.getByTestId("sign-amount-fault").textContent).toBe("金額は、1円以上の数字で入力してください。");
    expect(screen.getByTestId("problem").dataset.code).toBe("invalid-payment");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("sign-name")));
    expect(screen.getByTestId<HTMLInputElement>("sign-name").value).toBe("見本太郎");
    expect(await faults()).toEqual([]);
  });

  it("reads the code in a file and on the clipboard", async () => {
    const { host, user } = await show("sign");
    const file = new File([new Uint8Array([1, 2, 3])], "qr.png", { type: "image/png" });
    await user.upload(screen.getByTestId("qr-file"), file);
    await waitFor(() => expect(shown()).toBe("sign-review"));
    expect(host.calls.at(-1)).toEqual({
      name: "payment_in_picture",
      args: { tokenId: "token-mihon-shinkin", picture: "AQID" },
    });
    await user.click(screen.getByTestId("sign-change"));
    expect(screen.getByTestId<HTMLInputElement>("sign-number").value).toBe("1234567");
    await user.click(screen.getByTestId("qr-clipboard"));
    await waitFor(() => expect(shown()).toBe("sign-review"));
    expect(host.calls.at(-1)?.name).toBe("payment_on_clipboard");
  });

  it.each(["qr-not-payment", "qr-other-institution", "qr-several", "qr-unreadable", "clipboard-empty"])(
    "says of %s what to do, and keeps what was typed",
    async (code) => {
      const { user } = await show("sign", "ja", (host) => {
        host.answers.payment_on_clipboard = () => refuse(code);
      });
      await user.type(screen.getByTestId("sign-name"), "ミホン");
      await user.click(screen.getByTestId("qr-clipboard"));
      await waitFor(() => expect(screen.getByTestId("problem").dataset.code).toBe(code));
      expect(screen.getByTestId<HTMLInputElement>("sign-name").value).toBe("ミホン");
    },
  );

  it("shows a signature for its time and no longer, and makes another for the same transfer", async () => {
    const { host, user } = await show("sign");
    await user.click(screen.getByTestId("qr-clipboard"));
    await user.click(await screen.findByTestId("sign-sign"));
    await screen.findByTestId("signature");
    const later = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
    document.dispatchEvent(new Event("visibilitychange"));
    await screen.findByTestId("sign-over");
    expect(screen.queryByTestId("signature")).toBeNull();
    expect(document.body.textContent).not.toContain("29659806");
    later.mockRestore();
    await user.click(screen.getByTestId("sign-again"));
    await screen.findByTestId("signature");
    expect(host.calls.filter(({ name }) => name === "sign")).toHaveLength(2);
  });

  it("covers the signature where codes are covered", async () => {
    const { user } = await show("sign", "ja", (host) => {
      host.start.glance!.settings.hideCode = "always";
    });
    await user.click(screen.getByTestId("qr-clipboard"));
    await user.click(await screen.findByTestId("sign-sign"));
    await user.click(await screen.findByTestId("show-code"));
    expect(screen.getByTestId("signature").textContent).toBe("29659806");
    window.dispatchEvent(new Event("blur"));
    await screen.findByTestId("show-code");
    expect(document.body.textContent).not.toContain("2965");
  });

  it("goes back to the code", async () => {
    const { host, user } = await show("sign");
    await user.click(screen.getByTestId("sign-to-code"));
    expect(host.calls.at(-1)).toEqual({ name: "set_mode", args: { tokenId: thirty.id, mode: "standard" } });
  });
});

describe("amounts", () => {
  it("are read as people write them, and nothing is guessed", () => {
    for (const text of ["50000", " ５００００ ", "50,000", "¥50,000", "５０，０００円"]) {
      expect(plainAmount(text)).toBe("50000");
    }
    for (const text of ["50,00", "5,0000", "-500", "5万", "50.000", "1e5", "￥"]) {
      expect(plainAmount(text)).not.toMatch(/^[0-9]+$/);
    }
  });

  it("are read out in the units that are spoken", () => {
    expect(spokenAmount("1", "ja")).toBe("1円");
    expect(spokenAmount("12000", "ja")).toBe("1万2,000円");
    expect(spokenAmount("100000000", "ja")).toBe("1億円");
    expect(spokenAmount("9999999999999", "ja")).toBe("9兆9,999億9,999万9,999円");
    expect(spokenAmount("9999999999999", "en")).toBe("9,999,999,999,999 yen");
  });
});
