import { cleanup } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { i18n } from "../src/lib/i18n/index.svelte";
import { later } from "../src/lib/later.svelte";
import { show, shown } from "./support";

describe("what follows the first code", () => {
  it("leaves the frame of the code until it is there, never nothing", async () => {
    const screens = vi.spyOn(later, "screens", "get").mockReturnValue(null);
    await show("welcome");
    expect(shown()).toBe("opening");
    cleanup();
    screens.mockRestore();
    await show("welcome");
    expect(shown()).not.toBe("opening");
  });

  it("has the language chosen last in force, whichever comes first", async () => {
    i18n.language = "en";
    i18n.language = "ja";
    await i18n.ready;
    expect(document.documentElement.lang).toBe("ja");
  });
});
