// The rows of one installation: strict reads, reads as of a moment ago for queries, expiry that may lag.
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

/** How far back a lagging query can look. */
export const MAX_LAG_MS = 600_000;
/** Long runs write one nonce an exchange; without a sweep every query would walk over all of them. */
const SWEEP_EVERY = 1_000;

export class Namespace {
  /** Newest version last. A deleted key keeps its history until no lagging query could see it. */
  readonly #keys = new Map<string, Version[]>();
  readonly #now: () => number;
  #writesUntilSweep = SWEEP_EVERY;
  /** Forge removes expired rows up to 48 h late; until then they are read, listed and in the way like live ones. */
  lazyExpiry = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): Row | undefined {
    return this.#visible(this.#keys.get(key)?.at(-1)?.row);
  }

  /** Check and write are one synchronous step, so of two concurrent claims exactly one succeeds. */
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

  /** The rows under a prefix in key order, as they were `lagMs` ago. */
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

  /** Forgets what nobody can see any more: rows gone since before the longest lag. */
  #sweep(horizon: number): void {
    this.#writesUntilSweep = SWEEP_EVERY;
    for (const [key, versions] of this.#keys) {
      const newest = versions.at(-1);
      const expired = !this.lazyExpiry && newest?.row?.expiresAt !== undefined && newest.row.expiresAt <= horizon;
      if (newest && newest.at <= horizon && (newest.row === undefined || expired)) this.#keys.delete(key);
    }
  }
}
