import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";
import { scenes, type Fixture } from "../src/lib/host/fixture";
import { locked } from "../src/lib/host/locked";
import type { Channel } from "../src/lib/ipc/commands";
import type { AppError, AppState } from "../src/lib/ipc/types";
import { faults, show, shown } from "./support";

const IDS = { serviceId: "10112235", userId: "999800000001" };
const field = (name: string) => screen.getByTestId<HTMLInputElement>(name);
const asked = () => screen.queryByTestId("link-agree") !== null;

/** Shows the scene `name`, to which a link comes that answers with what `answer` gives. */
async function linked(name: string, answer: () => unknown, language: "ja" | "en" = "ja") {
  let arrived: Channel<null> | undefined;
  const world = await show(name, language, (host) => {
    host.answers.watch_links = (args) => {
      arrived = args.arrived;
      return null;
    };
    host.answers.ids_in_link = answer;
  });
  await world.app.link.watch();
  const arrive = () => arrived?.onmessage(null);
  arrive();
  return { ...world, arrive };
}

const calls = (host: Fixture, name: string) => host.calls.filter((call) => call.name === name).length;

it.each(["ja", "en"] as const)("says in %s whose IDs they are, and fills the form after consent", async (language) => {
  const { host, user } = await linked("welcome", () => IDS, language);
  await screen.findByTestId("link-agree");
  expect(screen.getByTestId("link-institution").textContent).toMatch(
    language === "ja" ? "見本信用組合" : "Mihon Credit Cooperative",
  );
  expect(screen.getByTestId("link-service-id").textContent).toBe("1011 2235");
  expect(screen.getByTestId("link-user-id").textContent).toBe("9998 0000 0001");
  expect(await faults()).toEqual([]);
  await user.click(screen.getByTestId("link-agree"));
  await waitFor(() => expect(shown()).toBe("consent"));
  await user.click(field("consent-check"));
  await user.click(screen.getByTestId("consent-next"));
  expect(shown()).toBe("setup");
  expect(field("service-id").value).toBe("1011 2235");
  expect(field("user-id").value).toBe("9998 0000 0001");
  expect(field("password").value).toBe("");
  expect(document.activeElement).toBe(field("password"));
  expect(calls(host, "activate")).toBe(0);
  expect(asked()).toBe(false);
});

it("changes nothing when it is not wanted", async () => {
  const { user, arrive } = await linked("setup", () => IDS);
  await user.type(field("service-id"), "1000");
  await screen.findByTestId("link-cancel");
  expect(field("service-id").value).toBe("1000");
  // The screen's own way back is not meant.
  screen.getByTestId("link-cancel").focus();
  await user.keyboard("{Escape}");
  expect(shown()).toBe("setup");
  await user.click(screen.getByTestId("link-cancel"));
  expect(asked()).toBe(false);
  expect(field("service-id").value).toBe("1000");
  expect(field("user-id").value).toBe("");
  // Another one asks anew, and goes into the form that is open.
  arrive();
  await user.click(await screen.findByTestId("link-agree"));
  await waitFor(() => expect(field("user-id").value).toBe("9998 0000 0001"));
  expect(shown()).toBe("setup");
});

it("waits while a set-up is being sent, and while another link is looked at", async () => {
  const { app, host, user, arrive } = await linked("setup", () => IDS);
  await screen.findByTestId("link-agree");
  arrive();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls(host, "ids_in_link")).toBe(1);
  let answer: (state: AppState) => void = () => {};
  host.answers.activate = () => new Promise((done) => (answer = done));
  host.answers.ids_in_link = () => ({ ...IDS, userId: "999800000002" });
  const sent = app.activate("10112235", "999800000001", "7391");
  await user.click(screen.getByTestId("link-cancel"));
  expect(shown()).toBe("setup-sending");
  expect(calls(host, "ids_in_link")).toBe(1);
  answer(scenes["setup-wrong"]?.state as AppState);
  await sent;
  await waitFor(() => expect(screen.getByTestId("link-user-id").textContent).toBe("9998 0000 0002"));
});

it("shows nothing of a link while the app is locked, and shows it when it is unlocked", async () => {
  const { host, user } = await linked("lock", () => IDS);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls(host, "ids_in_link")).toBe(0);
  expect(asked()).toBe(false);
  host.answers.unlock = () => scenes.code?.state;
  await user.type(field("pin"), "4926{Enter}");
  await screen.findByTestId("link-agree");
});

it("is asked again for a link that a lock held back", async () => {
  let is = true;
  const { app, host } = await linked("code", () => (is ? null : IDS));
  await waitFor(() => expect(calls(host, "ids_in_link")).toBe(1));
  expect(asked()).toBe(false);
  host.answers.lock = () => locked({});
  await app.lock();
  is = false;
  host.answers.unlock = () => scenes.code?.state;
  await app.unlock("4926");
  await screen.findByTestId("link-agree");
});

it("forgets what it was asking when the app is locked", async () => {
  const { app, host } = await linked("code", () => IDS);
  await screen.findByTestId("link-agree");
  host.answers.lock = () => locked({});
  await app.lock();
  await waitFor(() => expect(asked()).toBe(false));
  host.answers.unlock = () => scenes.code?.state;
  await app.unlock("4926");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked()).toBe(false);
});

it.each([
  ["qr-other", "初期設定のリンクではないか、リンクが壊れています。"],
  ["unknown-institution", "このサービスIDの金融機関は見つかりません。"],
] as const)("refuses by %s in words of its own or the code's", async (code, words) => {
  const { app, user } = await linked("welcome", () => {
    throw { code, class: "user-input", faults: [] } satisfies AppError;
  });
  const refused = await screen.findByTestId("link-refused");
  expect(refused.textContent?.trim()).toBe(words);
  expect(refused.dataset.code).toBe(code);
  expect(asked()).toBe(false);
  expect(await faults()).toEqual([]);
  await user.click(screen.getByTestId("link-cancel"));
  expect(screen.queryByTestId("link-refused")).toBeNull();
  expect(app.screen).toBe("welcome");
});
