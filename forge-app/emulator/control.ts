// The control API, for tests only. The app cannot reach it: its `fetch` is refused and its requestJira goes to Jira.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ControlHost } from './control-host.ts';
import type { Row } from './kvs/namespace.ts';

type Body = Record<string, unknown>;
type Answer = { status: number; body?: unknown };

const MAX_INVOKE_IN = 500 * 1024;
const MAX_INVOKE_OUT = 5 * 1024 * 1024;

export async function serveControl(host: ControlHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, , verb = '', id = ''] = url.pathname.split('/');
  let answer: Answer;
  try {
    const text = await read(request);
    answer = await route(host, `${request.method} ${verb}`, decodeURIComponent(id), text);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    answer = { status: 400, body: { error: error.message } };
  }
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
}

async function route(host: ControlHost, verb: string, id: string, sent: string): Promise<Answer> {
  const body = (): Body => JSON.parse(sent || '{}') as Body;
  switch (verb) {
    case 'POST installations':
      return install(host, body());
    case 'DELETE installations':
      return { status: host.uninstall(id) ? 204 : 404 };
    case 'POST invoke':
      if (Buffer.byteLength(sent) > MAX_INVOKE_IN) return { status: 413, body: { error: 'the payload of an invoke exceeds 500 KB' } };
      return invoke(host, body());
    case 'POST events':
      host.find(id).events.push(body());
      return { status: 202 };
    case 'GET kvs':
      return { status: 200, body: dump(host, id) };
    // A record that somebody at Atlassian deleted, or one that a test wants to be over, such as a count of the current hour.
    case 'DELETE kvs':
      host.find(id).installation.kvs.values.delete(text('key', body()['key']));
      return { status: 204 };
    case 'GET captures':
      return { status: 200, body: { captures: host.captures } };
    case 'DELETE captures':
      host.captures.length = 0;
      return { status: 204 };
    case 'GET log':
      return { status: 200, body: { entries: host.log.entries } };
    case 'POST recording':
      if (typeof body()['on'] !== 'boolean') throw new TypeError('on: must be true or false');
      host.log.recording = body()['on'] as boolean;
      return { status: 204 };
    case 'GET usage':
      return { status: 200, body: { installations: Object.fromEntries(host.all().map(({ installation }) => [installation.installId, installation.usage])) } };
    case 'POST usage':
      if (id !== 'reset') return { status: 404, body: { error: `unknown control request: ${verb}/${id}` } };
      host.all().forEach(({ installation }) => installation.usage.reset());
      return { status: 204 };
    case 'GET idle':
      await Promise.all(host.all().map(({ events }) => events.idle()));
      return { status: 200, body: {} };
    case 'POST faults':
      return faults(host, body());
    default:
      return { status: 404, body: { error: `unknown control request: ${verb}` } };
  }
}

function install(host: ControlHost, { installId, cloudId, jiraUrl }: Body): Answer {
  const installation = host.install(text('installId', installId), text('cloudId', cloudId), text('jiraUrl', jiraUrl));
  const urls = [...host.app.webTriggers.keys()].map((key) => installation.webTrigger(key)?.id);
  return { status: 200, body: { webTriggerUrl: `${host.origin()}/x1/${urls[0]}` } };
}

/** Like the bridge's `invoke` for a page: the caller and the issue are the platform's, not part of the payload. */
async function invoke(host: ControlHost, { installId, functionKey, accountId, issueId, payload }: Body): Promise<Answer> {
  const { installation } = host.find(text('installId', installId));
  const key = text('functionKey', functionKey);
  const principal = accountId === undefined || accountId === null ? undefined : text('accountId', accountId);
  const extension = issueId === undefined ? {} : { extension: { issue: { id: text('issueId', issueId) } } };
  const event = { call: payload, context: { cloudId: installation.cloudId, moduleKey: key, environmentType: 'DEVELOPMENT', ...extension } };
  const context = {
    installContext: installation.contextAri,
    installation: { ari: installation.installId, contexts: [{ cloudId: installation.cloudId }] },
    ...(principal ? { principal: { accountId: principal } } : {}),
  };
  const call = { installation, functionKey: key, moduleType: 'resolver' as const, moduleKey: key, event, context };
  const outcome = await host.invoke({ ...call, ...(principal ? { accountId: principal } : {}) });
  if (outcome.kind !== 'returned') return { status: 500, body: { error: outcome.kind === 'threw' ? outcome.error : 'timed out' } };
  const result = outcome.value ?? null;
  if (Buffer.byteLength(JSON.stringify(result)) > MAX_INVOKE_OUT) return { status: 500, body: { error: 'the result of an invoke exceeds 5 MB' } };
  return { status: 200, body: result };
}

function faults(host: ControlHost, body: Body): Answer {
  const chosen = body['installId'] === undefined ? host.all() : [host.find(text('installId', body['installId']))];
  switch (body['target']) {
    case 'webtrigger':
      host.faults.configure(body);
      break;
    case 'kvs':
      chosen.forEach(({ installation }) => installation.kvs.faults.configure(body));
      break;
    case 'events':
      chosen.forEach(({ events }) => events.configure(body));
      break;
    case 'clock':
      if (!Number.isInteger(body['skewMs'])) throw new TypeError('skewMs: must be an integer');
      host.clock.skew(body['skewMs'] as number);
      break;
    default:
      throw new TypeError('target: must be webtrigger, kvs, events or clock');
  }
  return { status: 204 };
}

function dump(host: ControlHost, installId: string): object {
  const { values, secrets } = host.find(installId).installation.kvs;
  const rows = (list: [string, Row][]): object => Object.fromEntries(list);
  return { values: rows(values.list('')), secrets: rows(secrets.list('')) };
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: must be a text that is not empty`);
  return value;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
