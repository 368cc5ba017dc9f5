// What can be made to go wrong on the way to a web trigger. A fault belongs to one installation or to all of them.
export const WEBTRIGGER_MODES = ['down', 'status', 'hang', 'drop-reply', 'reset', 'none'] as const;

export interface WebTriggerFault {
  /**
   * down: the connection is closed before the request is read; status: answered without running the function;
   * hang: never answered; reset: read, then the connection is reset without running the function;
   * drop-reply: the function runs to its end, then the connection is closed before the reply.
   */
  mode: (typeof WEBTRIGGER_MODES)[number];
  status: number;
  retryAfter?: number | string;
  /** How many requests pass first, and how many are then hit. */
  skip: number;
  count: number;
}

const ALL = '*';

export class WebTriggerFaults {
  readonly #faults = new Map<string, WebTriggerFault>();

  configure(body: Record<string, unknown>): void {
    const { installId = ALL, mode, status = 503, retryAfter, skip = 0, count = Infinity } = body as Partial<WebTriggerFault> & { installId?: string };
    if (!mode || !WEBTRIGGER_MODES.includes(mode)) throw new TypeError(`mode: one of ${WEBTRIGGER_MODES.join(', ')}`);
    if (!(Number.isInteger(status) && status >= 200 && status <= 599)) throw new TypeError('status: 200 to 599');
    if (mode === 'none') this.#faults.delete(installId);
    else this.#faults.set(installId, { mode, status, skip, count, ...(retryAfter === undefined ? {} : { retryAfter }) });
  }

  /** The fault that hits this request, counted. */
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
