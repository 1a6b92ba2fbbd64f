// Asks again at every step, on wake, and when the clock jumps.
import { countdown, isStale, jumped, untilNextTick, type Countdown } from "./countdown";
import type { CodeView } from "./ipc/types";

export interface Clocks {
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Milliseconds of a clock nobody sets. */
  steady(): number;
}

export const clocks: Clocks = { wall: () => Date.now(), steady: () => performance.now() };

/**
 * Keeps one code true to the wall clock. `ask` fetches the code of this moment; `show` gets each
 * code once, `tick` the countdown at every second.
 */
export class CodeWatch {
  #code: CodeView | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wall = 0;
  #steady = 0;
  #asking = false;
  #stopped = false;

  constructor(
    private readonly ask: () => Promise<CodeView>,
    private readonly show: (code: CodeView) => void,
    private readonly tick: (left: Countdown) => void,
    private readonly fail: (thrown: unknown) => void,
    private readonly time: Clocks = clocks,
  ) {}

  /** Begins, with a code at hand if there is one of this moment. */
  start(first: CodeView | null = null): void {
    document.addEventListener("visibilitychange", this.#awake);
    window.addEventListener("focus", this.#awake);
    if (first === null || isStale(first, this.time.wall())) {
      void this.#renew();
      return;
    }
    this.#code = first;
    this.show(first);
    this.#mark();
    this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#awake);
    window.removeEventListener("focus", this.#awake);
  }

  readonly #awake = () => {
    if (document.visibilityState === "visible") void this.#renew();
  };

  async #renew(): Promise<void> {
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    try {
      const code = await this.ask();
      if (this.#stopped) return;
      this.#code = code;
      this.show(code);
    } catch (thrown) {
      if (!this.#stopped) this.fail(thrown);
      return;
    } finally {
      this.#asking = false;
    }
    this.#mark();
    this.#beat();
  }

  #mark(): void {
    this.#wall = this.time.wall();
    this.#steady = this.time.steady();
  }

  #beat(): void {
    const code = this.#code;
    if (code === null || this.#stopped) return;
    const now = this.time.wall();
    this.tick(countdown(code, now));
    this.#timer = setTimeout(() => this.#check(), untilNextTick(code, now));
  }

  #check(): void {
    const code = this.#code;
    if (code === null) return;
    const wall = this.time.wall() - this.#wall;
    const steady = this.time.steady() - this.#steady;
    if (isStale(code, this.time.wall()) || jumped(wall, steady)) {
      void this.#renew();
      return;
    }
    this.#mark();
    this.#beat();
  }
}
