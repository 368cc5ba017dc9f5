// Performs the core's effects, each with one call of the platform. Contains no decisions.
import { randomBytes } from 'node:crypto';
import { asApp, asUser, privacy, route, webTrigger } from '@forge/api';
import { ForgeKvsAPIError, kvs, MetadataField, WhereConditions } from '@forge/kvs';
import { sanitize } from './sanitize';

type Json = unknown;
type Op =
  | { op: 'kv.get'; key: string }
  | { op: 'kv.set'; key: string; value: Json; ttlSeconds?: number | null; failIfExists?: boolean | null }
  | { op: 'kv.delete'; key: string }
  | { op: 'kv.deleteMany'; keys: string[] }
  | { op: 'kv.query'; prefix: string; limit: number; cursor?: string | null }
  | { op: 'secret.get'; key: string }
  | { op: 'secret.set'; key: string; value: Json }
  | { op: 'secret.delete'; key: string }
  | { op: 'jira'; as: 'app' | 'user'; method: string; strings: string[]; params: string[]; body?: Json }
  | { op: 'jira.upload'; issueId: string; name: string; mediaType: string; base64: string }
  | { op: 'jira.download'; attachmentId: string; maxBytes: number }
  | { op: 'privacy.report'; accounts: { accountId: string; updatedAt: string }[] }
  | { op: 'random'; bytes: number }
  | { op: 'webtrigger.url'; moduleKey: string };
export type Effect = { id: number | string } & Op;
export type Answer = { id: Effect['id'] } & ({ ok: Json } | { err: { code: string; status?: number } });

/** Time limit of a request to Jira: far longer than Jira needs, and short enough to leave time for other requests. */
const REQUEST_TIMEOUT_MS = 15_000;
/** Jira's headers of a rate limit have less than 100 characters; more would be something else. */
const MAX_LIMIT_TEXT = 200;

/** Never rejects: an error is an answer too, and the core decides what it means. */
export async function perform(effect: Effect): Promise<Answer> {
  try {
    return { id: effect.id, ok: await call(effect) };
  } catch (error) {
    return { id: effect.id, err: codeOf(error) };
  }
}

async function call(effect: Effect): Promise<Json> {
  switch (effect.op) {
    case 'kv.get':
      return kvGet(effect.key);
    case 'kv.set':
      await kvs.set(effect.key, effect.value, {
        keyPolicy: effect.failIfExists ? 'FAIL_IF_EXISTS' : 'OVERRIDE',
        ...(effect.ttlSeconds ? { ttl: { unit: 'SECONDS' as const, value: effect.ttlSeconds } } : {}),
      });
      return true;
    case 'kv.delete':
      await kvs.delete(effect.key);
      return true;
    case 'kv.deleteMany':
      return (await kvs.batchDelete(effect.keys.map((key) => ({ key })))).failedKeys.map(({ key }) => key);
    case 'kv.query':
      return kvQuery(effect.prefix, effect.limit, effect.cursor);
    case 'secret.get':
      return (await kvs.getSecret(effect.key)) ?? null;
    case 'secret.set':
      await kvs.setSecret(effect.key, effect.value);
      return true;
    case 'secret.delete':
      await kvs.deleteSecret(effect.key);
      return true;
    case 'jira':
      return jira(effect);
    case 'jira.upload':
      return upload(effect);
    case 'jira.download':
      return download(effect);
    case 'privacy.report':
      return privacy.reportPersonalData(effect.accounts);
    case 'random':
      return randomBytes(effect.bytes).toString('hex');
    case 'webtrigger.url':
      return webTrigger.getUrl(effect.moduleKey);
    default:
      throw new Error('unknown effect');
  }
}

async function kvGet(key: string): Promise<Json> {
  const found = await kvs.get<Json>(key, { metadataFields: [MetadataField.EXPIRE_TIME] });
  if (!found) return null;
  return { value: found.value, ...(found.expireTime ? { expireTime: found.expireTime } : {}) };
}

async function kvQuery(prefix: string, limit: number, cursor?: string | null): Promise<Json> {
  const query = kvs.query({ metadataFields: [MetadataField.EXPIRE_TIME] });
  query.where('key', WhereConditions.beginsWith(prefix)).limit(limit);
  if (cursor) query.cursor(cursor);
  const page = await query.getMany();
  const items = page.results.map(({ key, value, expireTime }) => ({ key, value, ...(expireTime ? { expireTime } : {}) }));
  return { items, ...(page.nextCursor ? { cursor: page.nextCursor } : {}) };
}

async function jira(effect: Extract<Effect, { op: 'jira' }>): Promise<Json> {
  // `route` is called like a tagged template, so that the platform escapes every parameter.
  const path = route(effect.strings as unknown as TemplateStringsArray, ...effect.params);
  const hasBody = effect.body !== undefined && effect.body !== null;
  const response = await (effect.as === 'user' ? asUser() : asApp()).requestJira(path, {
    method: effect.method,
    headers: { Accept: 'application/json', ...(hasBody ? { 'Content-Type': 'application/json' } : {}) },
    ...(hasBody ? { body: JSON.stringify(effect.body) } : {}),
    // The core needs the `Location` of a redirect to a file; following it would load the file.
    redirect: 'manual',
    ...timeout(),
  });
  return toAnswer(response, parseJson(await response.text()));
}

/** Aborts the request instead of only not awaiting it: nothing of it may continue in the next tenant's invocation. */
function timeout(): object {
  return { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
}

async function upload(effect: Extract<Effect, { op: 'jira.upload' }>): Promise<Json> {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(effect.base64, 'base64')], { type: effect.mediaType }), effect.name);
  const response = await asApp().requestJira(route`/rest/api/3/issue/${effect.issueId}/attachments`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'X-Atlassian-Token': 'no-check' },
    // The package's types lack FormData; its code passes it on unchanged.
    body: form as unknown as URLSearchParams,
    ...timeout(),
  });
  return toAnswer(response, parseJson(await response.text()));
}

async function download(effect: Extract<Effect, { op: 'jira.download' }>): Promise<Json> {
  const path = route`/rest/api/3/attachment/content/${effect.attachmentId}?redirect=false`;
  const response = await asApp().requestJira(path, { headers: { Accept: '*/*' }, ...timeout() });
  if (!response.ok) return toAnswer(response, null);
  const tooLarge = { status: 413, retryAfter: null, body: null };
  // The header only avoids loading a file that is too large; the loaded size decides.
  if (Number(response.headers.get('content-length')) > effect.maxBytes) return tooLarge;
  const bytes = Buffer.from(await response.arrayBuffer());
  return bytes.length > effect.maxBytes ? tooLarge : toAnswer(response, bytes.toString('base64'));
}

type Headers = { get(name: string): string | null };

function toAnswer({ status, headers }: { status: number; headers: Headers }, body: Json): Json {
  const location = headers.get('location');
  return { status, retryAfter: headers.get('retry-after'), body, ...(location ? { location } : {}), ...limitOf(headers) };
}

/** Jira's headers of a rate limit as texts, for the core to read. Their names have a prefix until Atlassian enforces the limit. */
function limitOf(headers: Headers): object {
  const text = (name: string): string | undefined => headers.get(name)?.slice(0, MAX_LIMIT_TEXT);
  const named = {
    reason: text('RateLimit-Reason'),
    rest: text('RateLimit') || text('Beta-RateLimit'),
    policy: text('RateLimit-Policy') || text('Beta-RateLimit-Policy'),
  };
  const present = Object.entries(named).filter(([, value]) => value);
  return present.length === 0 ? {} : { limit: Object.fromEntries(present) };
}

function parseJson(text: string): Json {
  try {
    return sanitize(JSON.parse(text));
  } catch {
    return null; // empty, or an HTML error page: only the status is used then
  }
}

/** Returns codes and numbers only, because an error's message may quote a key or a value. */
function codeOf(error: unknown): { code: string; status?: number } {
  const status = statusOf(error);
  const known = error instanceof ForgeKvsAPIError && /^[A-Z_]{1,64}$/.test(error.code) ? error.code : 'PLATFORM_ERROR';
  const code = error instanceof ForgeKvsAPIError && status === 409 ? 'KEY_CONFLICT' : known;
  return { code, ...(status === undefined ? {} : { status }) };
}

function statusOf(error: unknown): number | undefined {
  const { status, responseDetails } = Object(error) as { status?: unknown; responseDetails?: { status?: unknown } };
  const value = responseDetails?.status ?? status;
  return typeof value === 'number' ? value : undefined;
}
