// The emulated platform's clock. Everything in the emulator uses a Clock; tests use a ManualClock.
const RealDate = globalThis.Date;

export interface Clock {
  /** Milliseconds since the epoch, skew included. */
  now(): number;
  /** Calls `callback` once after `ms`; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Adds a constant to `now`: a clock that is wrong. Timers are not affected. */
  skew(ms: number): void;
}

export class SystemClock implements Clock {
  #skewMs = 0;

  now(): number {
    return RealDate.now() + this.#skewMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  }

  skew(ms: number): void {
    this.#skewMs = ms;
  }
}

/** A clock that only `advance` moves. */
export class ManualClock implements Clock {
  #now: number;
  #skewMs = 0;
  #timers = new Set<{ at: number; callback: () => void }>();

  constructor(now = RealDate.UTC(2026, 10, 23, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#skewMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  skew(ms: number): void {
    this.#skewMs = ms;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter((timer) => timer.at <= this.#now).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      if (this.#timers.delete(timer)) timer.callback();
    }
  }
}

/** Returns a Date class that uses `now()` instead of the machine's time; for the code of the app only. */
export function dateWithClock(now: () => number): DateConstructor {
  class EmulatedDate extends RealDate {
    constructor(...parts: []) {
      if (parts.length === 0) super(now());
      else super(...parts);
    }

    static override now(): number {
      return now();
    }
  }
  return EmulatedDate as unknown as DateConstructor;
}
