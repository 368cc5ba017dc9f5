// Faults in the storage of one installation.
import { MAX_LAG_MS } from './namespace.ts';

export interface FailOp {
  /** The path after /api/v1/: "get", "set", "secret/get", "batch/delete", "transaction", … or "*". */
  op: string;
  keyPrefix: string;
  code: string;
  status: number;
  /** Number of matching calls that pass first, and number of calls that then fail. */
  skip: number;
  count: number;
  /** The write is made, and only its response is an error. */
  afterWrite: boolean;
}

export class KvsFaults {
  queryLagMs = 0;
  lazyExpiry = false;
  #failOps: FailOp[] = [];

  configure(body: Record<string, unknown>): void {
    const { queryLagMs, lazyExpiry, failOps } = body;
    if (queryLagMs !== undefined) {
      if (typeof queryLagMs !== 'number' || queryLagMs < 0 || queryLagMs > MAX_LAG_MS) throw new TypeError(`queryLagMs: must be 0 to ${MAX_LAG_MS}`);
      this.queryLagMs = queryLagMs;
    }
    if (lazyExpiry !== undefined) this.lazyExpiry = lazyExpiry === true;
    if (failOps !== undefined) this.#failOps = (failOps as (string | Partial<FailOp>)[]).map(completed);
  }

  next(op: string, key = ''): FailOp | undefined {
    const match = this.#failOps.find((fault) => (fault.op === '*' || fault.op === op) && key.startsWith(fault.keyPrefix) && fault.count > 0);
    if (!match) return undefined;
    if (match.skip > 0) {
      match.skip -= 1;
      return undefined;
    }
    match.count -= 1;
    return match;
  }
}

function completed(fault: string | Partial<FailOp>): FailOp {
  const given = typeof fault === 'string' ? { op: fault } : fault;
  if (typeof given.op !== 'string') throw new TypeError('failOps: every entry must have an op');
  return { keyPrefix: '', code: 'INTERNAL_ERROR', status: 500, skip: 0, count: Infinity, afterWrite: false, ...given, op: given.op };
}
