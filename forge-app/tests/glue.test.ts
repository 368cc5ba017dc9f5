// The real glue with a scripted core, bundled by Forge's bundler, in an emulator that runs as a separate process.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';
import { A, B, control, send } from './support.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const FLAGS = ['--disable-warning=ExperimentalWarning'];
type Answer = { id: unknown; ok?: unknown; err?: { code: string; status?: number } };
type Report = { kind: string; input: { context: Record<string, unknown>; payload: Record<string, unknown> }; body: string | null; seen: { nowMs: number; answers: Answer[] }[]; module: string };
type Logged = { kind: string; installId?: string; level?: string; line?: string; what?: string; outcome?: string };

let emulator: ChildProcess;
let origin: string;
let jiraUrl: string;
/** Jira's answer for the project LIMIT. */
let limited: { status: number; headers: Record<string, string> } = { status: 200, headers: {} };
const urls: Record<string, string> = {};
const jiraSeen: { url: string; method: string; authorization: string; contentType: string | undefined; token: string | string[] | undefined; body: string }[] = [];
const jira = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { url = '', method = '', headers } = request;
    jiraSeen.push({ url, method, authorization: headers.authorization ?? '', contentType: headers['content-type'], token: headers['x-atlassian-token'], body: Buffer.concat(chunks).toString() });
    if (url.endsWith('/rest/api/3/project/LIMIT')) return response.writeHead(limited.status, limited.headers).end('{}');
    if (url.endsWith('/field')) return response.writeHead(429, { 'retry-after': '12' }).end('<html>busy</html>');
    if (url.startsWith('/rest/api/3/attachment/content/')) {
      if (url.endsWith('/7')) return response.writeHead(303, { location: 'http://127.0.0.1:9/media/file/x' }).end();
      return response.writeHead(url.includes('/404?') ? 404 : 200, { 'content-type': 'text/plain' }).end('größe');
    }
    if (url.endsWith('/issue/10007?fields=issuetype,project')) {
      const fields = { issuetype: { id: '1', name: 'Task' }, project: { id: '1', key: 'PROJ', projectTypeKey: 'software' } };
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: '10007', key: 'PROJ-7', fields }));
    }
    if (url.includes('/issue/666')) return response.writeHead(200).end(`{"half":"a\\ud800b","\\udfff":"\\u0000🙂","deep":${'['.repeat(200)}1${']'.repeat(200)}}`);
    if (method === 'PUT') return response.writeHead(204).end();
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"key":"PROJ-7"}');
  });
});

async function run(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0, args.join(' '));
}

async function start(): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, [...FLAGS, 'emulator/main.ts', '--port', '0', '--bundle', 'dist/test/glue'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  assert.ok(child.stdout);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const found = /^emulator listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
  assert.ok(found?.[1], line);
  return { child, origin: found[1] };
}

before(async () => {
  const app = `${root}dist/test/glue-app`;
  rmSync(app, { recursive: true, force: true });
  mkdirSync(`${app}/src`, { recursive: true });
  for (const name of ['index.ts', 'invoke.ts', 'platform.ts', 'context.ts', 'sanitize.ts']) cpSync(`${root}src/${name}`, `${app}/src/${name}`);
  cpSync(`${root}tests/fixtures/core`, `${app}/src/wasm`, { recursive: true });
  cpSync(`${root}tsconfig.json`, `${app}/tsconfig.json`);
  // Without the pages, which are not part of the glue and take as long to bundle.
  const { resources: _, ...manifest } = YAML.parse(readFileSync(`${root}manifest.yml`, 'utf8')) as { resources: unknown };
  writeFileSync(`${app}/manifest.yml`, YAML.stringify(manifest));
  await run('tools/bundle.cjs', '--app', 'dist/test/glue-app', '--out', 'dist/test/glue');
  ({ child: emulator, origin } = await start());
  await new Promise<void>((resolve) => jira.listen(0, '127.0.0.1', resolve));
  jiraUrl = `http://127.0.0.1:${(jira.address() as AddressInfo).port}`;
  for (const installId of [A, B]) {
    const { body } = await control(origin, 'POST', 'installations', { installId, cloudId: `cloud-${installId}`, jiraUrl });
    urls[installId] = (body as { webTriggerUrl: string }).webTriggerUrl;
  }
});
after(async () => {
  emulator.kill('SIGTERM');
  if (emulator.exitCode === null) await once(emulator, 'exit');
  jira.close();
});

async function exchange(script: object, installId = A): Promise<Report> {
  const { status, body } = await send(urls[installId] ?? '', { body: JSON.stringify(script) });
  assert.equal(status, 200, body);
  return JSON.parse(body) as Report;
}
/** Performs effects in one step and returns their results. */
async function perform(effects: object[], installId = A): Promise<Answer[]> {
  return (await exchange({ steps: [{ effects }] }, installId)).seen[1]?.answers ?? [];
}
const admin = (payload: unknown, accountId: string | null = 'user-7', functionKey = 'config.get', installId = A) =>
  control(origin, 'POST', 'invoke', { installId, functionKey: 'admin', accountId, payload: { functionKey, payload } });
async function log(): Promise<Logged[]> {
  return ((await control(origin, 'GET', 'log')).body as { entries: Logged[] }).entries;
}

test('web trigger: passes context, request and body to the core, the body separately', async () => {
  const text = '{"done":{"statusCode":418,"headers":{"X-A":["1","2"]},"body":"tea"}} ';
  const reply = await send(urls[A] ?? '', { body: text });
  assert.deepEqual([reply.status, reply.headers['x-a'], reply.body], [418, '1, 2', 'tea']);
  const raw = '\n{ "steps": [] } \t';
  const { kind, input, body, seen, module } = JSON.parse((await send(urls[A] ?? '', { body: raw })).body) as Report;
  assert.deepEqual([kind, body, module], ['web_trigger', raw, 'scripted core']);
  assert.deepEqual(input.context, { installId: A, accountId: null, appVersion: '0.0.0-emulator', environmentType: 'DEVELOPMENT', licence: null });
  assert.deepEqual(Object.keys(input.payload).sort(), ['headers', 'method', 'path', 'queryParameters', 'userPath']);
  assert.deepEqual(seen[0]?.answers, []);
  assert.ok(Math.abs((seen[0]?.nowMs ?? 0) - Date.now()) < 5_000);
  const empty = await send(urls[A] ?? '', { method: 'GET' });
  assert.equal((JSON.parse(empty.body) as Report).body, null);
});

test('storage effects', async () => {
  const before = Date.now();
  assert.deepEqual(await perform([{ id: 1, op: 'kv.get', key: 'none' }]), [{ id: 1, ok: null }]);
  const writes = [
    { id: 'a', op: 'kv.set', key: 'cmd:1', value: { n: 1 } },
    { id: 'b', op: 'kv.set', key: 'cmd:2', value: 'x', ttlSeconds: 360, failIfExists: true },
    { id: 'c', op: 'secret.set', key: 'hmac', value: { key: 'ff' } },
  ];
  assert.deepEqual(await perform(writes), ['a', 'b', 'c'].map((id) => ({ id, ok: true })));
  const [plain, expiring, secret, first, none] = await perform([
    { id: 1, op: 'kv.get', key: 'cmd:1' },
    { id: 2, op: 'kv.get', key: 'cmd:2' },
    { id: 3, op: 'secret.get', key: 'hmac' },
    { id: 4, op: 'kv.query', prefix: 'cmd:', limit: 1 },
    { id: 5, op: 'secret.get', key: 'other' },
  ]);
  assert.deepEqual([plain?.ok, secret?.ok, none?.ok], [{ value: { n: 1 } }, { key: 'ff' }, null]);
  const { value, expireTime } = expiring?.ok as { value: string; expireTime: string };
  assert.equal(value, 'x');
  assert.ok(Date.parse(expireTime) >= before + 360_000 && Date.parse(expireTime) <= Date.now() + 360_000);
  const page = first?.ok as { items: { key: string; value: unknown }[]; cursor: string };
  assert.deepEqual(page.items, [{ key: 'cmd:1', value: { n: 1 } }]);
  const [second] = await perform([{ id: 1, op: 'kv.query', prefix: 'cmd:', limit: 1, cursor: page.cursor }]);
  const rest = second?.ok as typeof page;
  assert.deepEqual([rest.items.map(({ key }) => key), 'cursor' in rest], [['cmd:2'], false]);
  const deleted = [{ id: 1, op: 'kv.delete', key: 'cmd:1' }, { id: 2, op: 'kv.delete', key: 'cmd:2' }, { id: 3, op: 'secret.delete', key: 'hmac' }];
  assert.deepEqual((await perform(deleted)).map(({ ok }) => ok), [true, true, true]);
  const { body } = await control(origin, 'GET', `kvs/${A}`);
  assert.deepEqual(body, { values: {}, secrets: {} });
});

test('deletes several keys, and says which are left', async () => {
  await perform(['x:1', 'x:2', 'x:3'].map((key) => ({ id: key, op: 'kv.set', key, value: 1 })));
  const [answer] = await perform([{ id: 1, op: 'kv.deleteMany', keys: ['x:1', 'not/a/key', 'x:3', 'x:missing'] }]);
  assert.deepEqual(answer, { id: 1, ok: ['not/a/key'] });
  const [left] = await perform([{ id: 1, op: 'kv.query', prefix: 'x:', limit: 10 }]);
  assert.deepEqual((left?.ok as { items: object[] }).items, [{ key: 'x:2', value: 1 }]);
  await perform([{ id: 1, op: 'kv.delete', key: 'x:2' }]);
});

test('reports accounts to the platform and returns what it says about them', async () => {
  await control(origin, 'POST', `accounts/${A}`, { 'acc-1': 'closed', 'acc-2': 'updated' });
  const report = (...ids: string[]) => perform([{ id: 1, op: 'privacy.report', accounts: ids.map((accountId) => ({ accountId, updatedAt: '2026-11-24T08:15:30Z' })) }]);
  assert.deepEqual(await report('acc-1', 'acc-2', 'acc-3'), [{ id: 1, ok: [{ accountId: 'acc-1', status: 'closed' }, { accountId: 'acc-2', status: 'updated' }] }]);
  assert.deepEqual(await report('acc-3'), [{ id: 1, ok: [] }]);
});

test('scheduled work, and what is done before an uninstall, run the core as the app', async () => {
  const run = async (moduleKey: string): Promise<{ status: number; body: unknown }> => control(origin, 'POST', 'jobs', { installId: A, moduleKey });
  for (const [moduleKey, kind] of [['daily', 'scheduled'], ['clean-up', 'pre_uninstall']]) {
    const { status, body } = await run(moduleKey ?? '');
    assert.deepEqual([status, (body as Report).kind, (body as Report).input.context['accountId']], [200, kind, null], JSON.stringify(body));
  }
  assert.equal((await run('unknown')).status, 400);
});

test('exactly one of two concurrent claims of a nonce succeeds, the other is a KEY_CONFLICT', async () => {
  for (let round = 0; round < 10; round += 1) {
    const claim = [{ id: 1, op: 'kv.set', key: `nonce:${round}`, value: 1, ttlSeconds: 360, failIfExists: true }];
    const answers = (await Promise.all([perform(claim), perform(claim)])).flat();
    const conflict = { id: 1, err: { code: 'KEY_CONFLICT', status: 409 } };
    assert.deepEqual(answers.filter(({ ok }) => ok === true).length, 1);
    assert.deepEqual(answers.filter(({ err }) => err), [conflict]);
  }
});

test('errors are codes without content and do not affect the other effects', async () => {
  const answers = await perform([
    { id: 1, op: 'kv.set', key: 'canary/slash', value: 'canary' },
    { id: 2, op: 'kv.set', key: 'big', value: 'canary'.repeat(50_000) },
    { id: 3, op: 'no.such.op', canary: 'canary' },
    { id: 4, op: 'jira', as: 'user', method: 'GET', strings: ['/rest/api/3/field'], params: [] },
    { id: 5, op: 'jira', as: 'app', method: 'GET', strings: ['/rest/api/3/issue/', ''], params: ['../canary'] },
    { id: 6, op: 'random', bytes: 4 },
  ]);
  const codes = answers.map(({ err }) => err?.code);
  assert.deepEqual(codes, ['INVALID_KEY', 'MAX_SIZE', 'PLATFORM_ERROR', 'PLATFORM_ERROR', 'PLATFORM_ERROR', undefined]);
  assert.ok(!JSON.stringify(answers).includes('canary'));
  assert.match(String(answers[5]?.ok), /^[0-9a-f]{8}$/);
});

test('Jira: escapes parameters, authenticates as the app and returns every status with its Retry-After', async () => {
  jiraSeen.length = 0;
  const answers = await perform([
    { id: 1, op: 'jira', as: 'app', method: 'GET', strings: ['/rest/api/3/issue/', '?fields=', ''], params: ['10001', 'summary,a&b'] },
    { id: 2, op: 'jira', as: 'app', method: 'PUT', strings: ['/rest/api/3/issue/', ''], params: ['10001'], body: { fields: { summary: 'ü' } } },
    { id: 3, op: 'jira', as: 'app', method: 'GET', strings: ['/rest/api/3/field'], params: [] },
  ]);
  assert.deepEqual(answers.map(({ ok }) => ok), [
    { status: 200, retryAfter: null, body: { key: 'PROJ-7' } },
    { status: 204, retryAfter: null, body: null },
    { status: 429, retryAfter: '12', body: null },
  ]);
  const put = jiraSeen.find(({ method }) => method === 'PUT');
  assert.deepEqual(put, { url: '/rest/api/3/issue/10001', method: 'PUT', authorization: `Bearer app:${A}`, contentType: 'application/json', token: undefined, body: '{"fields":{"summary":"ü"}}' });
  assert.ok(jiraSeen.some(({ url }) => url === '/rest/api/3/issue/10001?fields=summary%2Ca%26b'));
});

test('Jira: returns the headers of a rate limit as texts, with and without the prefix, cut at 200 characters', async () => {
  const project = { id: 1, op: 'jira', as: 'app', method: 'GET', strings: ['/rest/api/3/project/', ''], params: ['LIMIT'] };
  const answer = async (headers: Record<string, string>, status = 200): Promise<unknown> => {
    limited = { status, headers };
    return (await perform([project]))[0]?.ok;
  };
  const ok = { status: 200, retryAfter: null, body: {} };
  const [rest, policy] = ['"global-app-quota";r=11000;t=600', '"global-app-quota";q=65000;w=3600'];
  assert.deepEqual(await answer({ 'Beta-RateLimit': rest, 'Beta-RateLimit-Policy': policy }), { ...ok, limit: { rest, policy } });
  assert.deepEqual(await answer({ RateLimit: rest, 'RateLimit-Policy': policy, 'Beta-RateLimit': 'old' }), { ...ok, limit: { rest, policy } });
  const refused = await answer({ 'Retry-After': '5', 'RateLimit-Reason': 'jira-burst-based' }, 429);
  assert.deepEqual(refused, { status: 429, retryAfter: '5', body: {}, limit: { reason: 'jira-burst-based' } });
  assert.deepEqual(await answer({ 'RateLimit-Reason': 'r'.repeat(201) }), { ...ok, limit: { reason: 'r'.repeat(200) } });
  assert.deepEqual(await answer({ RateLimit: '', 'X-RateLimit-NearLimit': 'true' }), ok);
});

test('files: uploads a form and downloads base64 up to the limit', async () => {
  jiraSeen.length = 0;
  const upload = { id: 1, op: 'jira.upload', issueId: '10001', name: 'größe ü".txt', mediaType: 'text/plain', base64: Buffer.from('größe').toString('base64') };
  const download = (id: number, attachmentId: string, maxBytes: number) => ({ id, op: 'jira.download', attachmentId, maxBytes });
  const answers = await perform([upload, download(2, '5', 100), download(3, '5', 6), download(4, '404', 100), { ...upload, id: 5, issueId: '../1' }]);
  assert.deepEqual(answers, [
    { id: 1, ok: { status: 200, retryAfter: null, body: { key: 'PROJ-7' } } },
    { id: 2, ok: { status: 200, retryAfter: null, body: Buffer.from('größe').toString('base64') } },
    { id: 3, ok: { status: 413, retryAfter: null, body: null } },
    { id: 4, ok: { status: 404, retryAfter: null, body: null } },
    { id: 5, err: { code: 'PLATFORM_ERROR' } },
  ]);
  const sent = jiraSeen.find(({ method }) => method === 'POST');
  assert.deepEqual([sent?.url, sent?.authorization, sent?.token], ['/rest/api/3/issue/10001/attachments', `Bearer app:${A}`, 'no-check']);
  assert.match(sent?.contentType ?? '', /^multipart\/form-data; ?boundary=/);
  assert.match(sent?.body ?? '', /name="file"; filename="größe ü%22.txt"\r\nContent-Type: text\/plain\r\n\r\ngröße\r\n/);
});

test('Jira: returns redirects without following them', async () => {
  const [answer] = await perform([{ id: 1, op: 'jira', as: 'app', method: 'GET', strings: ['/rest/api/3/attachment/content/', ''], params: ['7'] }]);
  assert.deepEqual(answer?.ok, { status: 303, retryAfter: null, body: null, location: 'http://127.0.0.1:9/media/file/x' });
});

test('replaces lone surrogates and drops values that are nested too deep', async () => {
  const [answer] = await perform([{ id: 1, op: 'jira', as: 'app', method: 'GET', strings: ['/rest/api/3/issue/', ''], params: ['666'] }]);
  const { deep, ...rest } = (answer?.ok as { body: Record<string, unknown> }).body;
  assert.deepEqual(rest, { half: 'a\ufffdb', '\ufffd': '\0🙂' });
  assert.equal(JSON.stringify(deep), `${'['.repeat(99)}null${']'.repeat(99)}`);
  const { body } = await admin({ note: '\udc00 from the page' });
  assert.deepEqual((body as Report).input.payload['payload'], { note: '\ufffd from the page' });
});

test('resolver: gets the caller from the platform and calls Jira as that user', async () => {
  jiraSeen.length = 0;
  const effects = [{ id: 1, op: 'jira', as: 'user', method: 'GET', strings: ['/rest/api/3/mypermissions?permissions=', ''], params: ['ADMINISTER'] }];
  const { status, body } = await admin({ steps: [{ effects }], accountId: 'forged' });
  const report = body as Report;
  assert.deepEqual([status, report.kind, report.input.context['accountId'], report.input.payload['functionKey']], [200, 'admin', 'user-7', 'config.get']);
  assert.deepEqual(jiraSeen.map(({ authorization }) => authorization), ['Bearer user:user-7']);
  assert.equal(((await admin({}, null)).body as Report).input.context['accountId'], null);
  assert.deepEqual((await admin({ done: { a: [1, null] } })).body, { a: [1, null] });
  const panel = (issueId?: string) => control(origin, 'POST', 'invoke', { installId: A, functionKey: 'panel', accountId: 'user-8', issue: issueId, payload: { functionKey: 'links.request', payload: { issueId: '7' } } });
  const { kind, input } = (await panel('10007')).body as Report;
  assert.deepEqual([kind, input.context['accountId'], input.payload['functionKey'], input.payload['issueId']], ['panel', 'user-8', 'links.request', '10007']);
  assert.equal(((await panel()).body as Report).input.payload['issueId'], null, 'not from the payload');
  const url = await admin({ steps: [{ effects: [{ id: 1, op: 'webtrigger.url', moduleKey: 'exchange' }] }] });
  assert.equal((url.body as Report).seen[1]?.answers[0]?.ok, urls[A]);
});

test('Jira event: runs the core and returns an InvocationError for a retry', async () => {
  const set = { steps: [{ effects: [{ id: 1, op: 'kv.set', key: 'cmd:event', value: 1 }] }] };
  await control(origin, 'POST', `events/${A}`, { eventType: 'avi:jira:updated:issue', script: set });
  await control(origin, 'GET', 'idle');
  assert.ok('cmd:event' in ((await control(origin, 'GET', `kvs/${A}`)).body as { values: object }).values);
  await control(origin, 'POST', 'faults', { target: 'events', installId: A, retryDelayMs: 0 });
  await control(origin, 'POST', `events/${A}`, { eventType: 'avi:jira:deleted:issue', script: { done: { retry: { afterSeconds: 3 } } } });
  await control(origin, 'GET', 'idle');
  const outcomes = (await log()).filter(({ kind }) => kind === 'event').map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['queued', 'queued', 'retrying', 'retrying', 'retrying', 'retrying', 'exhausted']);
});

test('log: prints one JSON line per entry, at most 100', async () => {
  const before = (await log()).length;
  const line = (level: string) => ({ level, event: 'e', fields: { n: 1 } });
  await exchange({ steps: [{ logs: [line('info'), line('warn'), line('error')] }, { logs: Array.from({ length: 150 }, () => line('info')) }] });
  const lines = (await log()).slice(before).filter(({ kind }) => kind === 'console');
  assert.deepEqual(lines.slice(0, 3).map(({ level }) => level), ['log', 'warn', 'error']);
  assert.deepEqual(JSON.parse(lines[0]?.line ?? ''), line('info'));
  assert.equal(lines.length, 100);
  assert.deepEqual(JSON.parse(lines[99]?.line ?? ''), { level: 'warn', event: 'log-limit' });
});

test('an endless or trapping core leads to a 500 and does not affect the next invocation', async () => {
  for (const script of [{ endless: true }, { trap: true }]) assert.equal((await send(urls[A] ?? '', { body: JSON.stringify(script) })).status, 500);
  await exchange({});
});

test('parallel exchanges of two installations never mix', async () => {
  const turns = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? A : B));
  await Promise.all(turns.map(async (installId, index) => {
    const key = `mix:${index}`;
    const steps = [
      { effects: [{ id: 1, op: 'kv.set', key, value: installId }] },
      { effects: [{ id: 1, op: 'kv.query', prefix: 'mix:', limit: 100 }, { id: 2, op: 'kv.get', key }] },
    ];
    const { input, seen } = await exchange({ steps }, installId);
    const [list, own] = seen[2]?.answers ?? [];
    assert.equal(input.context['installId'], installId);
    assert.deepEqual(own?.ok, { value: installId });
    for (const { value } of (list?.ok as { items: { value: string }[] }).items) assert.equal(value, installId);
  }));
});

test('the glue made no violation', async () => {
  // The mistakes of the scripted core in the tests above do not reach the platform.
  assert.deepEqual((await log()).filter(({ kind }) => kind === 'violation'), []);
});

test('the emulator ends on SIGTERM, on SIGINT and when its parent process ends', async () => {
  for (const end of [(child: ChildProcess) => child.kill('SIGTERM'), (child: ChildProcess) => child.kill('SIGINT'), (child: ChildProcess) => child.stdin?.end()]) {
    const { child } = await start();
    end(child);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }
});
