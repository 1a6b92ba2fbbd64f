// A link that opened the app: shown before it goes anywhere, and then into the form only.
import type { App } from "./app.svelte";
import { asAppError } from "./host/host";
import type { AppError, InstitutionView, SetUpIdsView } from "./ipc/types";
import { takesLink } from "./pick";

/** What a link says, or why it is refused. */
export type Said =
  | { readonly ids: SetUpIdsView; readonly institution: InstitutionView }
  | { readonly problem: AppError };

export class LinkToApp {
  readonly #app: App;
  /** What the customer is asked about. */
  said = $state.raw<Said | null>(null);
  /** What the customer agreed to, until the form has it. */
  #agreed = $state.raw<SetUpIdsView | null>(null);
  #waits = $state(false);
  /**
   * The program is to be asked. Not while the app is locked, a set-up is under way or another link is
   * being looked at: what somebody is about to press stays what it says.
   */
  readonly due = $derived.by(
    () => this.#waits && this.said === null && !this.#app.busy && takesLink(this.#app.screen),
  );

  constructor(app: App) {
    this.#app = app;
  }

  /** From now on the program tells of links; of the one that started the app, at once. */
  async watch(): Promise<void> {
    const arrived = this.#app.host.channel<null>(() => (this.#waits = true));
    await this.#app.host.call("watch_links", { arrived }).catch(() => null);
  }

  async ask(): Promise<void> {
    try {
      const ids = await this.#app.host.call("ids_in_link", {});
      // It was locked meanwhile, and is asked again when it is unlocked.
      if (ids === null) return;
      this.#waits = false;
      const institution = this.#app.glance.institutions.find(
        ({ serviceId }) => serviceId === ids.serviceId,
      );
      if (institution === undefined) throw UNKNOWN;
      this.said = { ids, institution };
    } catch (thrown) {
      this.#waits = false;
      this.said = { problem: asAppError(thrown) };
    }
  }

  /** Into the form, on the way that every set-up goes. */
  agree(): void {
    const said = this.said;
    this.said = null;
    if (said === null || "problem" in said) return;
    this.#agreed = said.ids;
    if (this.#app.screen !== "setup") this.#app.begin("activated", null);
  }

  /** The customer does not want it. */
  drop(): void {
    this.said = null;
  }

  /** What the form is to be filled with, once. */
  take(): SetUpIdsView | null {
    const agreed = this.#agreed;
    if (agreed !== null) this.#agreed = null;
    return agreed;
  }

  /** Nothing of it is left. */
  forget(): void {
    this.said = null;
    this.#agreed = null;
  }
}

const UNKNOWN: AppError = { code: "unknown-institution", class: "user-input", faults: [] };
