// The control side, for tests only. The app cannot reach it: its `fetch` is refused and its requestJira goes to Jira.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Emulator } from './emulator.ts';
import type { Row } from './kvs/namespace.ts';

type Body = Record<string, unknown>;
type Answer = { status: number; body?: unknown };

const MAX_INVOKE_IN = 500 * 1024;
const MAX_INVOKE_OUT = 5 * 1024 * 1024;

export async function serveControl(emulator: Emulator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, , verb = '', id = ''] = url.pathname.split('/');
  let answer: Answer;
  try {
    const text = await read(request);
    answer = await route(emulator, `${request.method} ${verb}`, decodeURIComponent(id), text);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    answer = { status: 400, body: { error: error.message } };
  }
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
}

async function route(emulator: Emulator, verb: string, id: string, text: string): Promise<Answer> {
  const body = (): Body => JSON.parse(text || '{}') as Body;
  switch (verb) {
    case 'POST installations':
      return install(emulator, body());
    case 'DELETE installations':
      return { status: emulator.uninstall(id) ? 204 : 404 };
    case 'POST invoke':
      if (Buffer.byteLength(text) > MAX_INVOKE_IN) return { status: 413, body: { error: 'an invoke carries 500 KB at most' } };
      return invoke(emulator, body());
    case 'POST events':
      emulator.find(id).events.push(body());
      return { status: 202 };
    case 'GET kvs':
      return { status: 200, body: dump(emulator, id) };
    case 'GET captures':
      return { status: 200, body: { captures: emulator.captures } };
    case 'DELETE captures':
      emulator.captures.length = 0;
      return { status: 204 };
    case 'GET log':
      return { status: 200, body: { entries: emulator.log.entries } };
    case 'GET idle':
      await Promise.all(emulator.all().map(({ events }) => events.idle()));
      return { status: 200, body: {} };
    case 'POST faults':
      return faults(emulator, body());
    default:
      return { status: 404, body: { error: `no such control: ${verb}` } };
  }
}

function install(emulator: Emulator, { installId, cloudId, jiraUrl }: Body): Answer {
  const installation = emulator.install(text('installId', installId), text('cloudId', cloudId), text('jiraUrl', jiraUrl));
  const urls = [...emulator.app.webTriggers.keys()].map((key) => installation.webTrigger(key)?.id);
  return { status: 200, body: { webTriggerUrl: `${emulator.origin()}/x1/${urls[0]}` } };
}

/** As the bridge's `invoke` does for a page: the caller is the platform's principal, not part of the payload. */
async function invoke(emulator: Emulator, { installId, functionKey, accountId, payload }: Body): Promise<Answer> {
  const { installation } = emulator.find(text('installId', installId));
  const key = text('functionKey', functionKey);
  const principal = accountId === undefined || accountId === null ? undefined : text('accountId', accountId);
  const event = { call: payload, context: { cloudId: installation.cloudId, moduleKey: key, environmentType: 'DEVELOPMENT' } };
  const context = {
    installContext: installation.contextAri,
    installation: { ari: installation.installId, contexts: [{ cloudId: installation.cloudId }] },
    ...(principal ? { principal: { accountId: principal } } : {}),
  };
  const call = { installation, functionKey: key, moduleType: 'resolver' as const, moduleKey: key, event, context };
  const outcome = await emulator.invoke({ ...call, ...(principal ? { accountId: principal } : {}) });
  if (outcome.kind !== 'returned') return { status: 500, body: { error: outcome.kind === 'threw' ? outcome.error : 'timed out' } };
  const result = outcome.value ?? null;
  if (Buffer.byteLength(JSON.stringify(result)) > MAX_INVOKE_OUT) return { status: 500, body: { error: 'result over 5 MB' } };
  return { status: 200, body: result };
}

function faults(emulator: Emulator, body: Body): Answer {
  const chosen = body['installId'] === undefined ? emulator.all() : [emulator.find(text('installId', body['installId']))];
  switch (body['target']) {
    case 'webtrigger':
      emulator.faults.configure(body);
      break;
    case 'kvs':
      chosen.forEach(({ installation }) => installation.kvs.faults.configure(body));
      break;
    case 'events':
      chosen.forEach(({ events }) => events.configure(body));
      break;
    case 'clock':
      if (!Number.isInteger(body['skewMs'])) throw new TypeError('skewMs: a whole number');
      emulator.clock.skew(body['skewMs'] as number);
      break;
    default:
      throw new TypeError('target: webtrigger, kvs, events or clock');
  }
  return { status: 204 };
}

function dump(emulator: Emulator, installId: string): object {
  const { values, secrets } = emulator.find(installId).installation.kvs;
  const rows = (list: [string, Row][]): object => Object.fromEntries(list);
  return { values: rows(values.list('')), secrets: rows(secrets.list('')) };
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: text, not empty`);
  return value;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
