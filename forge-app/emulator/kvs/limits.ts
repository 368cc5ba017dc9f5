// The limits of Forge's storage (docs/platforms/forge.md §5.1) and its error codes (§5.2). Codes that are not documented are
// marked as unverified.
export const MAX_BATCH_ITEMS = 25;
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 10;
const MAX_VALUE_BYTES = 240 * 1024;
const MAX_DEPTH = 31;
const MAX_KEY = 500;
const YEAR_MS = 365 * 24 * 3_600_000;
const KEY_FORM = /^(?!\s+$)[a-zA-Z0-9:._\s-#]+$/;
const UNIT_MS: Readonly<Record<string, number>> = { SECONDS: 1_000, MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000 };

export class KvsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function checkKey(key: unknown): string {
  if (typeof key !== 'string' || key.length === 0) throw new KvsError(400, 'KEY_TOO_SHORT');
  if (key.length > MAX_KEY) throw new KvsError(400, 'KEY_TOO_LONG');
  if (!KEY_FORM.test(key)) throw new KvsError(400, 'INVALID_KEY');
  return key;
}

export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

export function checkValue(value: unknown): void {
  if (value === undefined) throw new KvsError(400, 'INVALID_VALUE'); // name unverified
  if (bytesOf(value) > MAX_VALUE_BYTES) throw new KvsError(400, 'MAX_SIZE');
  if (depthOf(value) > MAX_DEPTH) throw new KvsError(400, 'MAX_DEPTH');
}

/** Depth of nested containers: a scalar has 0, `[]` has 1, `[[]]` has 2. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  // Without recursion, so that a hostile value cannot overflow the stack.
  for (;;) {
    level = level.filter((item) => typeof item === 'object' && item !== null);
    if (level.length === 0) return depth;
    depth += 1;
    level = level.flatMap((item) => Object.values(item as object));
  }
}

export function ttlMs(ttl: unknown): number | undefined {
  if (ttl === undefined || ttl === null) return undefined;
  const { unit, value } = ttl as { unit?: unknown; value?: unknown };
  const unitMs = typeof unit === 'string' ? UNIT_MS[unit] : undefined;
  const valid = unitMs !== undefined && typeof value === 'number' && Number.isInteger(value) && value > 0;
  if (!valid || value * unitMs > YEAR_MS) throw new KvsError(400, 'INVALID_TTL'); // name unverified
  return value * unitMs;
}
