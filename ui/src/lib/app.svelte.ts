// What the page knows, and what it can ask for. No screen talks to the host but through here.
import { wearAccent } from "./accent";
import { asAppError, type Host } from "./host/host";
import { i18n, pickLanguage } from "./i18n/index.svelte";
import type {
  AppError,
  AppState,
  CheckView,
  CodeView,
  ContactView,
  DoctorReport,
  FaultyTokenView,
  GlanceView,
  InstitutionView,
  PendingView,
  PinSettingView,
  Settings,
  SetUpStep,
  SetUpWay,
  TokenView,
  Towards,
} from "./ipc/types";
import { LinkToApp } from "./link.svelte";
import { pick, type Route } from "./pick";
import { DEFAULTS, wearSettings } from "./settings";

const HOUSE_ACCENT = "#0b4f7a";
const NOTHING: GlanceView = {
  setUp: false,
  institutions: [],
  settings: DEFAULTS,
  lastInstitution: null,
  mode: "standard",
  consentVersion: 0,
  appVersion: "",
};

export class App {
  readonly host: Host;
  readonly glance: GlanceView;
  /** The languages the system names. */
  readonly #languages: readonly string[];
  state = $state.raw<AppState | null>(null);
  route = $state<Route>("main");
  /** How the set-up begun on the welcome screen goes. */
  way = $state<SetUpWay>("activated");
  institution = $state.raw<InstitutionView | null>(null);
  sending = $state<SetUpStep | null>(null);
  cancelling = $state(false);
  busy = $state(false);
  /** A call that was refused and left the state as it was. */
  problem = $state.raw<AppError | null>(null);
  /** What the service said of the token shown, at the last check. */
  told = $state.raw<CheckView | null>(null);
  /** What was found on this device, when the customer looked last. */
  report = $state.raw<DoctorReport | null>(null);
  /** What there is of a PIN, when the customer looked last. */
  pinSetting = $state.raw<PinSettingView | null>(null);
  /** What became of it. */
  pinDone = $state<"set" | "change" | "remove" | null>(null);
  settings = $state.raw<Settings>(DEFAULTS);
  /** The last change of them was written down. */
  kept = $state(true);
  /** There may be a tray to stay in. */
  readonly desktop: boolean;
  /** The app was to stay in a tray, and there is none. */
  trayMissing = $state(false);
  /** What a link that opened the app says. */
  readonly link: LinkToApp;
  #firstCode: CodeView | null = null;
  readonly screen = $derived.by(() => pick(this.state, this.route, this.sending !== null));

  /** The screen is that of the code, or its frame while the keystore is asked. */
  readonly showsCode = $derived.by(() => {
    if ((this.token?.mode ?? this.glance.mode) === "signing") return false;
    if (this.screen === "opening") return this.host.start.problem === null;
    return this.screen === "code" && this.token !== undefined;
  });

  constructor(host: Host) {
    this.host = host;
    this.link = new LinkToApp(this);
    const { glance, problem, languages, desktop } = host.start;
    this.desktop = desktop;
    this.glance = glance ?? NOTHING;
    this.#languages = languages ?? navigator.languages;
    this.settings = this.glance.settings;
    this.#wear();
    if (problem !== null) this.problem = problem;
    else if (!this.glance.setUp) this.state = { state: "not-set-up", pending: null };
    wearAccent(this.#lastInstitution()?.accent ?? HOUSE_ACCENT);
  }

  /** Opens the profile: keystore, self-test, unfinished set-ups. Also the way to try again. */
  async open(): Promise<void> {
    await this.#change(async () => {
      const { state, code } = await this.host.call("open", {});
      this.#firstCode = code;
      return state;
    });
  }

  /** The code that came with the state, for its own screen; once, as it soon grows old. */
  takeFirstCode(): CodeView | null {
    const first = this.#firstCode;
    this.#firstCode = null;
    return first;
  }

  #lastInstitution(): InstitutionView | undefined {
    return this.glance.institutions.find(({ id }) => id === this.glance.lastInstitution);
  }

  #apply(state: AppState): void {
    this.state = state;
    this.problem = null;
    wearAccent(this.token?.accent ?? this.#lastInstitution()?.accent ?? HOUSE_ACCENT);
  }

  /** Makes a call that answers with a state, and goes there. */
  async #change(call: () => Promise<AppState>, route: Route | "stay" = "main"): Promise<boolean> {
    this.busy = true;
    try {
      this.#apply(await call());
      // Who has gone on meanwhile is not brought back.
      if (route !== "stay") this.route = route;
      return true;
    } catch (thrown) {
      this.problem = asAppError(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #send(call: () => Promise<AppState>): Promise<void> {
    this.problem = null;
    this.sending = "connect";
    this.cancelling = false;
    try {
      this.#apply(await call());
      this.route = "main";
    } catch (thrown) {
      this.problem = asAppError(thrown);
    } finally {
      this.sending = null;
      this.cancelling = false;
    }
  }

  #progress() {
    return this.host.channel<SetUpStep>((step) => {
      if (this.sending !== null) this.sending = step;
    });
  }

  /** Sends the form. The caller has cleared its fields; the password goes out of scope here. */
  activate(serviceId: string, userId: string, password: string): Promise<void> {
    const form = { serviceId, userId, password };
    const consent = this.glance.consentVersion;
    const sent = this.#send(() =>
      this.host.call("activate", { form, consent, progress: this.#progress() }),
    );
    form.password = "";
    return sent;
  }

  selfProvision(institutionId: string): Promise<void> {
    const consent = this.glance.consentVersion;
    return this.#send(() =>
      this.host.call("self_provision", { institutionId, consent, progress: this.#progress() }),
    );
  }

  resume(password: string | null): Promise<void> {
    return this.#send(() => this.host.call("resume", { password, progress: this.#progress() }));
  }

  /** Stops a running set-up at its next step; it can be resumed. */
  async stop(): Promise<void> {
    this.cancelling = true;
    try {
      await this.host.call("stop_set_up", {});
    } catch (thrown) {
      this.problem = asAppError(thrown);
    }
  }

  async giveUp(): Promise<void> {
    await this.#change(() => this.host.call("cancel_set_up", {}));
  }

  async acknowledge(): Promise<void> {
    await this.#change(() => this.host.call("acknowledge_set_up", {}));
  }

  async select(tokenId: string): Promise<void> {
    await this.#change(() => this.host.call("select", { tokenId }));
  }

  /** False where it stays where it is, because the order could not be kept. */
  async moveToken(tokenId: string, towards: Towards): Promise<boolean> {
    return this.#change(() => this.host.call("move_token", { tokenId, towards }), "stay");
  }

  async setMode(tokenId: string, mode: TokenView["mode"], then: Route | "stay" = "stay"): Promise<void> {
    await this.#change(() => this.host.call("set_mode", { tokenId, mode }), then);
  }

  async setDigits(tokenId: string, digits: number): Promise<void> {
    await this.#change(() => this.host.call("set_digits", { tokenId, digits }), "stay");
  }

  /** Asks the service where a token stands; a token that is stopped goes to its own screen. */
  async check(tokenId: string): Promise<void> {
    const before = this.route;
    this.told = null;
    await this.#change(async () => {
      const { state, told } = await this.host.call("check", { tokenId });
      this.told = told;
      return state;
    }, "stay");
    const over = this.state !== null && this.state.state !== "ready";
    if (over && this.route === before) this.route = "main";
  }

  /** 利用中止: ends a token. One that is not answered is kept, and the token's view says so. */
  async stopToken(tokenId: string): Promise<void> {
    const stopped = await this.#change(() => this.host.call("stop_token", { tokenId }));
    if (stopped) return;
    const why = this.problem;
    try {
      this.#apply(await this.host.call("state", {}));
    } catch {
      // What is shown is as it was before.
    }
    this.problem = why;
  }

  /** Looks at everything a token needs; the profile is opened anew for it. */
  async diagnose(): Promise<void> {
    this.report = null;
    await this.#change(async () => {
      const { state, report } = await this.host.call("diagnose", {});
      this.report = report;
      return state;
    }, "diagnostics");
  }

  /** Opens the app with the PIN, which goes out of scope here. */
  async unlock(pin: string): Promise<void> {
    await this.#change(() => this.host.call("unlock", { pin }));
  }

  /** Locks the app, where a PIN opens it again. */
  async lock(): Promise<void> {
    const state = await this.host.call("lock", {}).catch(() => null);
    if (state !== null) this.#locked(state);
  }

  /** From now on the program tells of a lock that came from elsewhere. */
  async watchLock(): Promise<void> {
    const locked = this.host.channel<AppState>((state) => this.#locked(state));
    // Without it the app locks itself all the same; only the page would learn of it later.
    await this.host.call("watch_lock", { locked }).catch(() => null);
  }

  #locked(state: AppState): void {
    if (state.state !== "pin-locked") return;
    this.told = null;
    this.#firstCode = null;
    this.link.forget();
    this.#apply(state);
    this.route = "main";
  }

  async lookAtPin(): Promise<void> {
    this.pinSetting = await this.host.call("pin_setting", {}).catch(() => null);
  }

  /** Sets, changes or takes off the PIN; whether that was done. */
  async changePin(what: "set" | "change" | "remove", current: string, fresh: string): Promise<boolean> {
    const done = await this.#change(
      () =>
        what === "set"
          ? this.host.call("set_pin", { new: fresh })
          : what === "change"
            ? this.host.call("change_pin", { current, new: fresh })
            : this.host.call("remove_pin", { current }),
      "settings",
    );
    if (!done) this.route = "pin";
    else if (this.state?.state === "pin-locked") this.route = "main";
    else this.pinDone = what;
    await this.lookAtPin();
    return done;
  }

  async remove(tokenId: string): Promise<void> {
    await this.#change(() => this.host.call("remove", { tokenId }));
  }

  async startOver(): Promise<void> {
    await this.#change(() => this.host.call("start_over", {}));
  }

  /** The state anew, when a code could not be had: it says why. */
  async refresh(): Promise<void> {
    await this.#change(() => this.host.call("state", {}));
  }

  #wear(): void {
    i18n.language = pickLanguage(this.settings.language, this.#languages);
    wearSettings(this.settings);
  }

  /** Changes settings, at once; remembered where that is possible. */
  async set(change: Partial<Settings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    this.#wear();
    try {
      const { keepInTray } = await this.host.call("set_settings", { settings: this.settings });
      this.trayMissing = this.settings.keepInTray && !keepInTray;
      if (this.trayMissing) this.settings = { ...this.settings, keepInTray };
      this.kept = true;
    } catch {
      // They hold all the same, until the window is closed.
      this.kept = false;
    }
  }

  /** The other language. */
  switchLanguage(): Promise<void> {
    return this.set({ language: i18n.language === "ja" ? "en" : "ja" });
  }

  go(route: Route): void {
    this.problem = null;
    this.told = null;
    this.kept = true;
    this.trayMissing = false;
    this.pinDone = null;
    this.route = route;
    if (route === "settings" || route === "pin") void this.lookAtPin();
  }

  /** Begins a set-up on the way chosen. */
  begin(way: SetUpWay, institution: InstitutionView | null): void {
    this.way = way;
    this.institution = institution;
    const choices = this.glance.institutions.filter((each) => each.way === "self-provisioned");
    if (way === "self-provisioned" && institution === null) {
      if (choices.length !== 1) return this.go("institution");
      this.institution = choices[0] ?? null;
    }
    this.go("consent");
  }

  /** After the consent: the form, or straight to the service. */
  async consented(): Promise<void> {
    if (this.way === "activated" || this.institution === null) return this.go("setup");
    await this.selfProvision(this.institution.id);
  }

  get tokens(): readonly TokenView[] {
    return this.state !== null && "tokens" in this.state ? this.state.tokens : [];
  }

  get faulty(): readonly FaultyTokenView[] {
    return this.state !== null && "faulty" in this.state ? this.state.faulty : [];
  }

  /** The token shown. */
  get token(): TokenView | undefined {
    if (this.state?.state === "setup-done") return this.state.token;
    const selected = this.state !== null && "selected" in this.state ? this.state.selected : null;
    return this.tokens.find(({ id }) => id === selected);
  }

  get pending(): PendingView | null {
    return this.state !== null && "pending" in this.state ? this.state.pending : null;
  }

  /** How the token's institution sets tokens up; `undefined` if it is no longer in the list. */
  wayOf(token: TokenView): SetUpWay | undefined {
    return this.glance.institutions.find(({ id }) => id === token.institutionId)?.way;
  }

  /** Whom to turn to in this state, as far as it is known. */
  get contacts(): readonly ContactView[] {
    const state = this.state;
    if (state !== null && "contacts" in state && state.contacts.length > 0) return state.contacts;
    if (state !== null && "contact" in state && state.contact !== null) return [state.contact];
    const id = this.pending?.institutionId ?? this.token?.institutionId;
    const named = this.glance.institutions.find((each) => each.id === id);
    const one = named ?? this.#lastInstitution();
    return one === undefined ? [] : [one];
  }
}
