// The control API, for tests and for looking at the pages of the app, which itself cannot reach it: its `fetch` is refused and its
// requestJira goes to Jira.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ControlHost } from './control-host.ts';
import { invoke, text, type Answer } from './control-invoke.ts';
import type { Row } from './kvs/namespace.ts';
import { servePages } from './pages/serve.ts';

type Body = Record<string, unknown>;

export async function serveControl(host: ControlHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, , verb = '', id = ''] = url.pathname.split('/');
  let answer: Answer;
  try {
    const sent = await read(request);
    if (await servePages(host, request.method ?? '', url, sent, response)) return;
    answer = await route(host, `${request.method} ${verb}`, decodeURIComponent(id), sent);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    answer = { status: 400, body: { error: error.message } };
  }
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
}

async function route(host: ControlHost, verb: string, id: string, sent: string): Promise<Answer> {
  const body = (): Body => JSON.parse(sent || '{}') as Body;
  switch (verb) {
    case 'POST installations':
      return install(host, body());
    case 'DELETE installations':
      return { status: host.uninstall(id) ? 204 : 404 };
    case 'POST invoke':
      return invoke(host, sent);
    case 'POST jobs':
      return job(host, body());
    case 'POST licence':
      host.find(id).installation.license = { active: body()['active'] === true };
      return { status: 204 };
    case 'POST accounts':
      host.find(id).installation.accountStates = new Map(Object.entries(body()) as [string, 'closed' | 'updated'][]);
      return { status: 204 };
    case 'GET accounts':
      return { status: 200, body: { reported: host.find(id).installation.reportedAccounts } };
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

/** Calls a function that the platform calls on its own. */
async function job(host: ControlHost, { installId, moduleKey }: Body): Promise<Answer> {
  const { installation } = host.find(text('installId', installId));
  const key = text('moduleKey', moduleKey);
  const found = host.app.jobs.get(key);
  if (!found) throw new TypeError(`the manifest has no scheduledTrigger and no preUninstall ${key}`);
  const event = { context: { cloudId: installation.cloudId, moduleKey: key }, contextToken: 'emulator' };
  const context = { installContext: installation.contextAri, installation: { ari: installation.installId } };
  const outcome = await host.invoke({ installation, ...found, moduleKey: key, event, context });
  if (outcome.kind !== 'returned') return { status: 500, body: { error: outcome.kind === 'threw' ? outcome.error : 'timed out' } };
  return { status: 200, body: outcome.value ?? null };
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

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
