// The rows of one installation: strictly consistent reads, delayed reads for queries, and expiry that may be delayed.
import { KvsError } from './limits.ts';

export interface Row {
  value: unknown;
  createdAt: number;
  updatedAt: number;
  expiresAt?: number;
}
interface Version {
  at: number;
  row: Row | undefined;
}
export interface SetRequest {
  key: string;
  value: unknown;
  ttlMs?: number | undefined;
  failIfExists?: boolean;
}

/** Maximum delay of a query. */
export const MAX_LAG_MS = 600_000;
/** Long test runs write one nonce per exchange; without a sweep every query would iterate over all of them. */
const SWEEP_EVERY = 1_000;

export class Namespace {
  /** Newest version last. A deleted key keeps its versions until no delayed query can see them. */
  readonly #keys = new Map<string, Version[]>();
  readonly #now: () => number;
  #writesUntilSweep = SWEEP_EVERY;
  /** Forge may remove expired rows up to 48 h late; until then they are read, listed and conflict like live rows. */
  lazyExpiry = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): Row | undefined {
    return this.#visible(this.#keys.get(key)?.at(-1)?.row);
  }

  /** Check and write are one synchronous step, so exactly one of two concurrent claims succeeds. */
  set({ key, value, ttlMs, failIfExists }: SetRequest): { previous: Row | undefined; row: Row } {
    const previous = this.get(key);
    if (failIfExists && previous) throw new KvsError(409, 'KEY_CONFLICT');
    const at = this.#now();
    const row: Row = { value: structuredClone(value), createdAt: previous?.createdAt ?? at, updatedAt: at };
    if (ttlMs !== undefined) row.expiresAt = at + ttlMs;
    this.#write(key, row);
    return { previous, row };
  }

  delete(key: string): void {
    if (this.#keys.has(key)) this.#write(key, undefined);
  }

  /** Returns the rows with a prefix in key order, as they were `lagMs` ago. */
  list(prefix: string, lagMs = 0): [string, Row][] {
    const asOf = this.#now() - lagMs;
    const found: [string, Row][] = [];
    for (const [key, versions] of this.#keys) {
      if (!key.startsWith(prefix)) continue;
      const version = lagMs === 0 ? versions.at(-1) : versions.findLast(({ at }) => at <= asOf);
      const row = this.#visible(version?.row);
      if (row) found.push([key, row]);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #visible(row: Row | undefined): Row | undefined {
    const gone = !this.lazyExpiry && row?.expiresAt !== undefined && row.expiresAt <= this.#now();
    return gone ? undefined : row;
  }

  #write(key: string, row: Row | undefined): void {
    const at = this.#now();
    const versions = this.#keys.get(key) ?? [];
    const horizon = versions.findLastIndex((version) => version.at <= at - MAX_LAG_MS);
    this.#keys.set(key, [...versions.slice(Math.max(horizon, 0)), { at, row }]);
    this.#writesUntilSweep -= 1;
    if (this.#writesUntilSweep === 0) this.#sweep(at - MAX_LAG_MS);
  }

  /** Removes rows that were deleted or expired before the maximum delay, which no query can see. */
  #sweep(horizon: number): void {
    this.#writesUntilSweep = SWEEP_EVERY;
    for (const [key, versions] of this.#keys) {
      const newest = versions.at(-1);
      const expired = !this.lazyExpiry && newest?.row?.expiresAt !== undefined && newest.row.expiresAt <= horizon;
      if (newest && newest.at <= horizon && (newest.row === undefined || expired)) this.#keys.delete(key);
    }
  }
}
