// The HTTP interface of the storage service for the unmodified @forge/kvs package (docs/platforms/forge.md §5.2).
import type { KvsFaults } from './faults.ts';
import { bytesOf, checkKey, checkValue, DEFAULT_PAGE, KvsError, MAX_BATCH_BYTES, MAX_BATCH_ITEMS, MAX_PAGE, ttlMs } from './limits.ts';
import { Namespace, type Row } from './namespace.ts';

type Body = Record<string, unknown>;
type Reply = { status: number; body?: unknown };
type Options = { ttl?: unknown; keyPolicy?: unknown; returnValue?: unknown; returnMetadataFields?: unknown; metadataFields?: unknown };
type Item = { key?: unknown; value?: unknown; options?: Options; entity?: unknown; entityName?: unknown };

const PREFIX = '/api/v1/';
const EMPTY: Reply = { status: 204 };

export class KvsService {
  readonly values: Namespace;
  readonly secrets: Namespace;
  readonly faults: KvsFaults;
  readonly #mayStore: boolean;

  constructor(now: () => number, faults: KvsFaults, scopes: readonly string[]) {
    this.values = new Namespace(now);
    this.secrets = new Namespace(now);
    this.faults = faults;
    this.#mayStore = scopes.includes('storage:app');
  }

  /** Handles a request in one synchronous step, which makes every operation atomic. */
  handle(path: string, text: string): Reply {
    try {
      if (!this.#mayStore) throw new KvsError(403, 'FORBIDDEN', 'the manifest lacks the scope storage:app');
      if (!path.startsWith(PREFIX)) return notModelled(path);
      const op = path.slice(PREFIX.length);
      const body = JSON.parse(text) as Body;
      const key = typeof body['key'] === 'string' ? body['key'] : undefined;
      const fault = this.faults.next(op, key);
      if (fault && !fault.afterWrite) throw new KvsError(fault.status, fault.code);
      this.values.lazyExpiry = this.secrets.lazyExpiry = this.faults.lazyExpiry;
      const reply = this.#perform(op, body);
      if (fault && reply.status < 400) throw new KvsError(fault.status, fault.code);
      return reply;
    } catch (error) {
      if (error instanceof KvsError) return { status: error.status, body: { code: error.code, message: error.message } };
      if (error instanceof SyntaxError) return { status: 400, body: { code: 'INVALID_JSON', message: 'not JSON' } };
      throw error;
    }
  }

  #perform(op: string, body: Body): Reply {
    const [head, action = head] = op.split('/');
    const space = head === 'secret' ? this.secrets : this.values;
    switch (head) {
      case 'get':
      case 'set':
      case 'delete':
      case 'secret':
        if (action === 'get') return get(space, body);
        if (action === 'set') return set(space, body);
        if (action === 'delete') return remove(space, body);
        return notModelled(op);
      case 'query':
        return this.#query(body);
      case 'batch':
        return this.#batch(action ?? '', body);
      case 'transaction':
        return this.#transaction(body);
      default: // also custom entities: the app declares none
        return notModelled(op);
    }
  }

  #query(body: Body): Reply {
    const limit = body['limit'] ?? DEFAULT_PAGE;
    if (typeof limit !== 'number' || !(limit >= 1 && limit <= MAX_PAGE)) throw new KvsError(400, 'INVALID_LIMIT'); // name unverified
    const [where] = (body['where'] ?? []) as { property: string; condition: string; values: unknown[] }[];
    if (where && (where.property !== 'key' || where.condition !== 'BEGINS_WITH')) return notModelled('query by anything but key BEGINS_WITH');
    const prefix = where ? String(where.values[0]) : '';
    const after = typeof body['after'] === 'string' ? Buffer.from(body['after'], 'base64').toString() : undefined;
    const rows = this.values.list(prefix, this.faults.queryLagMs).filter(([key]) => after === undefined || key > after);
    const page = rows.slice(0, limit);
    const last = page.at(-1)?.[0];
    const data = page.map(([key, row]) => record(key, row, (body['options'] as Options | undefined)?.metadataFields));
    const more = rows.length > limit && last !== undefined;
    return { status: 200, body: { data, ...(more ? { cursor: Buffer.from(last).toString('base64') } : {}) } };
  }

  #batch(action: string, body: Body): Reply {
    if (!['get', 'set', 'delete'].includes(action)) return notModelled(`batch/${action}`);
    const items = body as unknown as Item[];
    checkVolume(items, 'INVALID_BATCH_REQUEST'); // name unverified
    const successfulKeys: unknown[] = [];
    const failedKeys: unknown[] = [];
    for (const item of items) {
      try {
        if (item.entityName) return notModelled('custom entities');
        if (item.options?.keyPolicy) throw new KvsError(400, 'INVALID_BATCH_REQUEST', 'a batch cannot carry keyPolicy');
        const reply = action === 'get' ? get(this.values, item) : action === 'set' ? set(this.values, item) : remove(this.values, item);
        successfulKeys.push(reply.body ?? { key: item.key });
      } catch (error) {
        if (!(error instanceof KvsError)) throw error;
        failedKeys.push({ key: item.key, error: { code: error.code, message: error.message } });
      }
    }
    return { status: 200, body: { successfulKeys, failedKeys } };
  }

  #transaction(body: Body): Reply {
    const sets = (body['set'] ?? []) as Item[];
    const deletes = (body['delete'] ?? []) as Item[];
    const all = [...sets, ...deletes, ...((body['check'] ?? []) as Item[])];
    checkVolume(all, 'INVALID_TRANSACTION_REQUEST');
    if (all.some((item) => item.entity ?? item.entityName)) return notModelled('custom entities');
    const keys = new Set(all.map(({ key }) => checkKey(key)));
    const policy = sets.some(({ options }) => options?.keyPolicy);
    if (keys.size !== all.length || policy) throw new KvsError(400, 'INVALID_TRANSACTION_REQUEST');
    // All checks run before the first write, so a transaction is applied completely or not at all.
    const writes = sets.map(({ key, value, options }) => {
      checkValue(value);
      return { key: checkKey(key), value, ttlMs: ttlMs(options?.ttl) };
    });
    writes.forEach((write) => this.values.set(write));
    deletes.forEach(({ key }) => this.values.delete(checkKey(key)));
    return EMPTY;
  }
}

function get(space: Namespace, { key, options }: Item): Reply {
  const name = checkKey(key);
  const row = space.get(name);
  if (!row) throw new KvsError(404, 'KEY_NOT_FOUND');
  return { status: 200, body: record(name, row, options?.metadataFields) };
}

function set(space: Namespace, { key, value, options = {} }: Item): Reply {
  const name = checkKey(key);
  checkValue(value);
  const { keyPolicy, returnValue } = options;
  const knownPolicy = keyPolicy === undefined || keyPolicy === 'OVERRIDE' || keyPolicy === 'FAIL_IF_EXISTS';
  if (!knownPolicy || (returnValue !== undefined && keyPolicy !== 'OVERRIDE')) throw new KvsError(400, 'INVALID_OPTIONS'); // name unverified
  const { previous, row } = space.set({ key: name, value, ttlMs: ttlMs(options.ttl), failIfExists: keyPolicy === 'FAIL_IF_EXISTS' });
  const wanted = returnValue === 'PREVIOUS' ? previous : returnValue === 'LATEST' ? row : undefined;
  return wanted ? { status: 200, body: record(name, wanted, options.returnMetadataFields) } : EMPTY;
}

function remove(space: Namespace, { key }: Item): Reply {
  space.delete(checkKey(key));
  return EMPTY;
}

function checkVolume(items: unknown, code: string): void {
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_BATCH_ITEMS) throw new KvsError(400, code);
  if (bytesOf(items) > MAX_BATCH_BYTES) throw new KvsError(400, 'MAX_SIZE');
}

/** Returns metadata only if it was requested, so that code that does not request it fails in tests. */
function record(key: string, row: Row, fields: unknown): object {
  const asked = Array.isArray(fields) ? fields : [];
  return {
    key,
    value: row.value,
    ...(asked.includes('CREATED_AT') ? { createdAt: row.createdAt } : {}),
    ...(asked.includes('UPDATED_AT') ? { updatedAt: row.updatedAt } : {}),
    ...(asked.includes('EXPIRE_TIME') && row.expiresAt !== undefined ? { expireTime: new Date(row.expiresAt).toISOString() } : {}),
  };
}

function notModelled(what: string): Reply {
  return { status: 501, body: { code: 'EMULATOR_NOT_MODELLED', message: what } };
}
