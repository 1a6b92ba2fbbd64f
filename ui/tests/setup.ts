// jsdom has no dialogs, scrolling or font loading; the rest of the page does not notice.
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";
import { loadLanguages } from "../src/lib/i18n/index.svelte";
import { later } from "../src/lib/later.svelte";

// A machine that is busy otherwise is no fault of the page.
configure({ asyncUtilTimeout: 10_000 });

window.scrollTo = () => {};
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
  this.dispatchEvent(new Event("close"));
};

HTMLCanvasElement.prototype.getContext = (() => null) as typeof HTMLCanvasElement.prototype.getContext;

// As soon after the start of the window.
await Promise.all([later.load(), loadLanguages()]);
afterEach(() => cleanup());
