// What the first code does not need: every other screen, and a link's question, in scripts of their own.
import type { Component } from "svelte";
import type { App } from "./app.svelte";

type Part = Component<{ app: App }>;

class Later {
  #screens = $state.raw<Part | null>(null);
  #linkQuestion = $state.raw<Part | null>(null);

  /** Every screen but the code; `null` until they are loaded. */
  get screens(): Part | null {
    return this.#screens;
  }

  /** What lies over any screen when a link has opened the app; `null` until it is loaded. */
  get linkQuestion(): Part | null {
    return this.#linkQuestion;
  }

  /** Loads them, once. */
  async load(): Promise<void> {
    this.#screens ??= (await import("../Screens.svelte")).default;
    this.#linkQuestion ??= (await import("../components/LinkQuestion.svelte")).default;
  }
}

export const later = new Later();
