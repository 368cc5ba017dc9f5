// Product events: one queue and one worker per installation, which delivers events to the triggers of the manifest. Forge
// guarantees neither order nor delivery, so faults can break both (docs/platforms/forge.md §2.4).
import { passes } from './filter.ts';
import type { Installation } from './installation.ts';
import type { Host, Call, Outcome } from './invocation.ts';
import type { EventOutcome } from './log.ts';
import type { Trigger } from './bundle.ts';

type Event = { eventType?: unknown; selfGenerated?: unknown };
interface Delivery {
  trigger: Trigger;
  event: Event;
  retryCount: number;
}
interface Retry {
  _retry: true;
  retryOptions?: { retryAfter?: number; retryReason?: string; retryData?: unknown };
}

const MAX_RETRIES = 4;
const MAX_RETRY_AFTER_S = 900;

export class EventQueue {
  readonly #host: Host;
  readonly #installation: Installation;
  readonly #invoke: (call: Call) => Promise<Outcome>;
  #queue: Delivery[] = [];
  #held: Delivery[] = [];
  #running = false;
  #waitingRetries = new Set<() => void>();
  #whenIdle: (() => void)[] = [];
  #lose = 0;
  #duplicate = 0;
  #reorder = 0;
  #retryDelayMs: number | undefined;
  #closed = false;

  constructor(host: Host, installation: Installation, invoke: (call: Call) => Promise<Outcome>) {
    this.#host = host;
    this.#installation = installation;
    this.#invoke = invoke;
  }

  /** `lose` and `duplicate` affect the next n deliveries; `reorder` holds the next n and delivers them in reverse order. */
  configure(body: Record<string, unknown>): void {
    const { lose, duplicate, reorder, retryDelayMs } = body as Record<string, number | undefined>;
    for (const [name, value] of Object.entries({ lose, duplicate, reorder, retryDelayMs })) {
      if (value !== undefined && !(Number.isInteger(value) && value >= 0)) throw new TypeError(`${name}: must be an integer of at least 0`);
    }
    this.#lose = lose ?? this.#lose;
    this.#duplicate = duplicate ?? this.#duplicate;
    this.#reorder = reorder ?? this.#reorder;
    this.#retryDelayMs = retryDelayMs ?? this.#retryDelayMs;
    this.#release();
  }

  push(event: Event): void {
    const eventType = String(event.eventType);
    const triggers = this.#installation.app.triggers.filter(({ events }) => events.includes(eventType));
    if (triggers.length === 0) this.#log(eventType, 'unmatched');
    for (const trigger of triggers) {
      if (trigger.ignoreSelf && event.selfGenerated === true) this.#log(eventType, 'ignored-self');
      else this.#accept({ trigger, event, retryCount: 0 });
    }
  }

  /** Resolves when no event is queued, held, running or waiting for a retry. */
  async idle(): Promise<void> {
    this.#reorder = 0;
    this.#release();
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#held = [];
    for (const cancel of this.#waitingRetries) cancel();
    this.#waitingRetries.clear();
    this.#settle();
  }

  #accept(delivery: Delivery): void {
    const eventType = String(delivery.event.eventType);
    if (this.#lose > 0) {
      this.#lose -= 1;
      return this.#log(eventType, 'lost');
    }
    const copies = this.#duplicate > 0 ? [delivery, delivery] : [delivery];
    if (this.#duplicate > 0) this.#duplicate -= 1;
    for (const copy of copies) {
      this.#log(eventType, 'queued');
      if (this.#reorder > 0) this.#held.push(copy);
      else this.#queue.push(copy);
    }
    if (this.#reorder > 0) this.#reorder -= 1;
    this.#release();
  }

  #release(): void {
    if (this.#reorder === 0) this.#queue.push(...this.#held.splice(0).reverse());
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next && !this.#closed; next = this.#queue.shift()) await this.#deliver(next);
    this.#running = false;
    this.#settle();
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { trigger, event, retryCount } = delivery;
    const installation = this.#installation;
    const eventType = String(event.eventType);
    const { filter } = trigger;
    if (filter && retryCount === 0 && !(await passes(filter, installation, event).catch(() => this.#failed(eventType)))) {
      return this.#log(eventType, 'filtered');
    }
    const context = { installContext: installation.contextAri, moduleKey: trigger.key, installation: { ari: installation.installId } };
    const { functionKey, key: moduleKey } = trigger;
    const outcome = await this.#invoke({ installation, functionKey, moduleType: 'trigger', moduleKey, event, context });
    const result = outcome.kind === 'returned' ? (Object(outcome.value) as Partial<Retry>) : {};
    // Only a returned InvocationError leads to a retry; the event of a function that throws is lost.
    if (result._retry !== true) return;
    if (retryCount >= MAX_RETRIES) return this.#log(eventType, 'exhausted');
    this.#log(eventType, 'retrying');
    const { retryAfter = 1, retryReason, retryData } = result.retryOptions ?? {};
    const retryContext = { retryCount: retryCount + 1, retryReason, retryData };
    const delayMs = this.#retryDelayMs ?? Math.min(retryAfter, MAX_RETRY_AFTER_S) * 1_000;
    const cancel = this.#host.clock.after(delayMs, () => {
      this.#waitingRetries.delete(cancel);
      this.#queue.push({ trigger, event: { ...event, retryContext } as Event, retryCount: retryCount + 1 });
      void this.#work();
    });
    this.#waitingRetries.add(cancel);
  }

  /** Our manifest has `onError: RECEIVE_AND_LOG`. */
  #failed(eventType: string): boolean {
    this.#log(eventType, 'filter-failed');
    return true;
  }

  #isIdle(): boolean {
    return !this.#running && this.#queue.length + this.#held.length + this.#waitingRetries.size === 0;
  }

  #settle(): void {
    if (this.#isIdle()) this.#whenIdle.splice(0).forEach((resolve) => resolve());
  }

  #log(eventType: string, outcome: EventOutcome): void {
    this.#host.log.add({ kind: 'event', at: this.#host.clock.now(), installId: this.#installation.installId, eventType, outcome });
  }
}
