import { screen, waitFor } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import type { Camera, Scanned } from "../src/lib/host/host";
import { faults, show, shown } from "./support";

const field = (name: string) => screen.getByTestId<HTMLInputElement>(name);

/** A camera whose look ends with `end`. */
function cameraOf() {
  let end: (scanned: Scanned) => void = () => {};
  const camera = {
    scan: vi.fn((onlooking: () => void) => {
      onlooking();
      return new Promise<Scanned>((done) => (end = done));
    }),
    stop: vi.fn(async () => end("stopped")),
    openSettings: vi.fn(async () => {}),
  } satisfies Camera;
  return { camera, end: (scanned: Scanned) => end(scanned) };
}

async function withCamera(name: string, language: "ja" | "en" = "ja") {
  const eye = cameraOf();
  const world = await show(name, language, (host) => (host.camera = eye.camera));
  return { ...world, ...eye };
}

it("is not offered where there is none", async () => {
  await show("setup");
  expect(screen.queryByTestId("qr-camera")).toBeNull();
});

it.each(["ja", "en"] as const)("gives the code's text to the program, which fills the form, in %s", async (language) => {
  const { host, user, end } = await withCamera("setup", language);
  await user.click(screen.getByTestId("qr-camera"));
  await screen.findByTestId("camera-stop");
  expect(await faults()).toEqual([]);
  const text = "skts:activate?service_id=10112235&user_id=999800000001";
  end({ text });
  await waitFor(() => expect(field("user-id").value).toBe("9998 0000 0001"));
  expect(host.calls.find(({ name }) => name === "ids_in_text")?.args).toEqual({ text });
  expect(screen.queryByTestId("camera-stop")).toBeNull();
  expect(document.activeElement).toBe(field("password"));
});

it("trusts what it reads no more than a picture", async () => {
  const { host, user, end } = await withCamera("setup");
  host.answers.ids_in_text = () => {
    throw { code: "qr-other", class: "user-input", faults: [] };
  };
  await user.click(screen.getByTestId("qr-camera"));
  end({ text: "https://bank.example/" });
  const problem = await screen.findByTestId("problem");
  expect(problem.dataset.code).toBe("qr-other");
  expect(field("user-id").value).toBe("");
});

it("reads the payment of a code for its review", async () => {
  const { host, user, end } = await withCamera("sign");
  await user.click(await screen.findByTestId("qr-camera"));
  end({ text: "skts:sign?x" });
  await waitFor(() => expect(shown()).toBe("sign-review"));
  expect(host.calls.find(({ name }) => name === "payment_in_text")?.args).toMatchObject({
    text: "skts:sign?x",
  });
});

it("says what to do when it may not be used, and leads to where it is allowed", async () => {
  const { camera, user, end } = await withCamera("setup");
  await user.click(screen.getByTestId("qr-camera"));
  end("refused");
  const said = await screen.findByTestId("camera-problem");
  expect(said.textContent).toContain("設定でこのアプリにカメラを許可");
  expect(await faults()).toEqual([]);
  await user.click(screen.getByTestId("camera-settings"));
  expect(camera.openSettings).toHaveBeenCalledOnce();
  await user.click(screen.getByTestId("qr-camera"));
  end("absent");
  await waitFor(() => expect(screen.getByTestId("camera-problem").textContent).toContain("カメラを使えません"));
  expect(screen.queryByTestId("camera-settings")).toBeNull();
});

it("can be stopped, and says nothing then", async () => {
  const { camera, host, user } = await withCamera("setup");
  await user.click(screen.getByTestId("qr-camera"));
  await user.click(await screen.findByTestId("camera-stop"));
  expect(camera.stop).toHaveBeenCalledOnce();
  await waitFor(() => expect(screen.queryByTestId("camera-stop")).toBeNull());
  expect(screen.queryByTestId("camera-problem")).toBeNull();
  expect(host.calls.some(({ name }) => name === "ids_in_text")).toBe(false);
});

it("ends with the screen it was begun on", async () => {
  const { app, camera, user } = await withCamera("setup");
  await user.click(screen.getByTestId("qr-camera"));
  await screen.findByTestId("camera-stop");
  app.go("welcome");
  await waitFor(() => expect(shown()).toBe("welcome"));
  expect(camera.stop).toHaveBeenCalled();
});
