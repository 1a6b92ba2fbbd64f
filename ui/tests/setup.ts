// jsdom has no dialogs, scrolling or font loading; the rest of the page does not notice.
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";

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

afterEach(() => cleanup());
