import { describe, expect, it } from "vitest";
import { sixty, thirty } from "../src/lib/host/fixture";
import { en } from "../src/lib/i18n/en";
import { ja } from "../src/lib/i18n/ja";
import type { Halt } from "../src/lib/ipc/types";
import { tokenWords } from "../src/lib/token";

describe("a token's state in words", () => {
  it("is what is known without asking", () => {
    expect(tokenWords(ja, sixty)).toBe("パスワードを表示できます");
    expect(tokenWords(ja, thirty)).toBe("利用開始の登録をまだ確認していません");
    expect(tokenWords(en, { ...sixty, expired: true })).toBe("The token has expired");
  });

  it("is what the service said, before anything else, and each has its own", () => {
    const halts: Halt[] = ["locked", "suspended", "suspected-copy", "revoked", "replaced", "lapsed"];
    for (const m of [ja, en]) {
      const said = halts.map((halt) => tokenWords(m, { ...thirty, halt, expired: true }));
      expect(new Set(said).size).toBe(halts.length);
      expect(said).not.toContain(m.errors.expired.title);
    }
  });
});
