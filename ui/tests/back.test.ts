import { screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import { show, shown } from "./support";

/** Whether Android would find something to go back to. */
const canGoBack = () => history.state !== null;
const settled = async (expected: boolean) => waitFor(() => expect(canGoBack()).toBe(expected));
/** What Android's button does where there is something. */
async function press(): Promise<void> {
  expect(canGoBack()).toBe(true);
  const left = new Promise((resolve) => window.addEventListener("popstate", resolve, { once: true }));
  history.back();
  await left;
}

beforeEach(() => settled(false));

describe("the system's way back", () => {
  it("is the screen's own, step by step, and then leaves the app", async () => {
    const { app, user } = await show("code");
    await settled(false);
    await user.click(screen.getByTestId("menu"));
    await user.click(screen.getByTestId("menu-add"));
    await waitFor(() => expect(shown()).toBe("welcome"));
    app.go("consent");
    await waitFor(() => expect(shown()).toBe("consent"));
    await waitFor(() => expect(history.state).toBeGreaterThan(1));
    const deep = history.state as number;
    await press();
    await waitFor(() => expect(shown()).toBe("welcome"));
    // The entry it was come by, and none that is new: nobody has touched the page since.
    await settled(true);
    expect(history.state).toBe(deep - 1);
    await press();
    await waitFor(() => expect(shown()).toBe("code"));
    await settled(false);
  });

  it("leaves no trace of a screen that was left by its own button", async () => {
    const { user } = await show("about");
    await settled(true);
    await user.click(screen.getByTestId("back"));
    await waitFor(() => expect(shown()).toBe("code"));
    await settled(false);
    // And is there again for the next.
    await user.click(screen.getByTestId("menu"));
    await user.click(screen.getByTestId("menu-mode"));
    await settled(true);
    await press();
    await waitFor(() => expect(shown()).toBe("code"));
  });

  it("closes an open menu first, and gives the focus back", async () => {
    const { user } = await show("code");
    await user.click(screen.getByTestId("menu"));
    await settled(true);
    await press();
    await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
    expect(document.activeElement).toBe(screen.getByTestId("menu"));
    expect(shown()).toBe("code");
    await settled(false);
  });

  it("closes a question without answering it", async () => {
    const { host, user } = await show("tokens");
    await user.click(screen.getAllByTestId("token-remove")[0] as HTMLElement);
    const dialog = document.querySelector("dialog") as HTMLDialogElement;
    expect(dialog.open).toBe(true);
    await settled(true);
    await press();
    await waitFor(() => expect(dialog.open).toBe(false));
    expect(shown()).toBe("tokens");
    expect(host.calls.some(({ name }) => name === "remove")).toBe(false);
    // The next one leaves the screen.
    await settled(true);
    await press();
    await waitFor(() => expect(shown()).toBe("code"));
  });

  it("closes a question on a screen that has no way back of its own", async () => {
    const { user } = await show("corrupt");
    await settled(false);
    await user.click(screen.getByTestId("start-over"));
    await settled(true);
    await press();
    await waitFor(() => expect((document.querySelector("dialog") as HTMLDialogElement).open).toBe(false));
    await settled(false);
  });

  it("does nothing twice when somebody goes forward again", async () => {
    await show("about");
    await settled(true);
    await press();
    await waitFor(() => expect(shown()).toBe("code"));
    history.forward();
    await waitFor(() => expect(shown()).toBe("code"));
    await settled(false);
  });
});
