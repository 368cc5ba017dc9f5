// Faults of web triggers, for one installation or for all.
export const WEBTRIGGER_MODES = ['down', 'status', 'hang', 'drop-reply', 'reset', 'none'] as const;

export interface WebTriggerFault {
  /**
   * down: the connection is closed before the request is read; status: responds without running the function;
   * hang: never responds; reset: read, then the connection is reset without running the function;
   * drop-reply: the function runs to its end, then the connection is closed before the reply.
   */
  mode: (typeof WEBTRIGGER_MODES)[number];
  status: number;
  retryAfter?: number | string;
  /** Number of requests that pass first, and number of requests that then fail. */
  skip: number;
  count: number;
}

const ALL = '*';

export class WebTriggerFaults {
  readonly #faults = new Map<string, WebTriggerFault>();

  configure(body: Record<string, unknown>): void {
    const { installId = ALL, mode, status = 503, retryAfter, skip = 0, count = Infinity } = body as Partial<WebTriggerFault> & { installId?: string };
    if (!mode || !WEBTRIGGER_MODES.includes(mode)) throw new TypeError(`mode: must be one of ${WEBTRIGGER_MODES.join(', ')}`);
    if (!(Number.isInteger(status) && status >= 200 && status <= 599)) throw new TypeError('status: must be 200 to 599');
    if (mode === 'none') this.#faults.delete(installId);
    else this.#faults.set(installId, { mode, status, skip, count, ...(retryAfter === undefined ? {} : { retryAfter }) });
  }

  /** Returns the fault for this request and counts it. */
  next(installId: string): WebTriggerFault | undefined {
    const fault = this.#faults.get(installId) ?? this.#faults.get(ALL);
    if (!fault || fault.count <= 0) return undefined;
    if (fault.skip > 0) {
      fault.skip -= 1;
      return undefined;
    }
    fault.count -= 1;
    return fault;
  }
}
