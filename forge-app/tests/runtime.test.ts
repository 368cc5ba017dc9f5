// The runtime of a function: time limits, egress, tenancy in one warm process, and Jira as app and as user.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { A, api, B, control, entries, kvs, send, startEmulator, urlOf } from './support.ts';

const { asApp, asUser, route, webTrigger, getAppContext } = api;

test('a function has 55 seconds for a web trigger and 25 otherwise, and may make no calls afterwards', async (t) => {
  let afterwards: Promise<unknown> = Promise.resolve();
  let wake = (): void => {};
  let entered = (): void => {};
  const handler = async (): Promise<void> => {
    const remaining = getAppContext().invocationRemainingTimeInMillis();
    const woken = new Promise<void>((resolve) => (wake = resolve));
    afterwards = woken.then(() => kvs.set('late', remaining));
    afterwards.catch(() => {});
    entered();
    await new Promise(() => {});
  };
  const env = await startEmulator(t, { exchange: handler, jiraEvent: handler });
  const started = (): Promise<void> => new Promise((resolve) => (entered = resolve));

  let running = started();
  const reply = send(urlOf(env, A));
  await running;
  env.clock.advance(54_999);
  assert.equal(entries(env.emulator, 'invocation').length, 0);
  env.clock.advance(1);
  assert.equal((await reply).status, 424);
  wake();
  await assert.rejects(afterwards, /over/);

  running = started();
  env.emulator.find(A).events.push({ eventType: 'avi:jira:updated:issue' });
  await running;
  env.clock.advance(25_000);
  await env.emulator.find(A).events.idle();
  assert.deepEqual(entries(env.emulator, 'invocation').map(({ outcome, ms }) => [outcome, ms]), [['timed-out', 55_000], ['timed-out', 25_000]]);
  assert.deepEqual(env.violations(), ['call-after-the-end']);
  assert.equal(env.emulator.find(A).installation.kvs.values.list('').length, 0);
});

test('a platform call that is not awaited is a violation', async (t) => {
  const env = await startEmulator(t);
  await env.as(A, async () => {
    void kvs.set('k', 1).catch(() => {});
  });
  assert.deepEqual(env.violations(), ['returned-before-its-calls']);
});

test('refuses fetch inside an invocation', async (t) => {
  const env = await startEmulator(t);
  const refused = { name: 'REQUEST_EGRESS_ALLOWLIST_ERR' };
  await env.as(A, async () => {
    await assert.rejects(api.default.fetch(`${env.origin}/__emulator/log`), refused);
    await assert.rejects(fetch('https://example.com/'), refused);
  });
  assert.deepEqual(env.violations(), ['egress', 'egress']);
});

test('responds 501 to unknown platform targets', async (t) => {
  const env = await startEmulator(t);
  const forgeFetch = (globalThis as unknown as { __forge_fetch__: (target: object, path: string) => Promise<Response> }).__forge_fetch__;
  const statuses = await env.as(A, async () => {
    const answers = await Promise.all([
      forgeFetch({ type: 'tpp', provider: 'x', remote: 'y' }, '/'),
      forgeFetch({ type: 'frc' }, '/'),
      forgeFetch({ type: 'fpp', provider: 'app', remote: 'confluence' }, '/'),
      forgeFetch({ type: 'fpp', provider: 'app', remote: 'stargate' }, '/app/anything'),
    ]);
    return answers.map(({ status }) => status);
  });
  assert.deepEqual(statuses, [501, 501, 501, 501]);
});

test('parallel invocations of two installations never mix in one warm process', async (t) => {
  const env = await startEmulator(t, {
    exchange: async () => {
      const mine = String(getAppContext().installationAri).split('/').at(-1) ?? '';
      const seen = new Set<string>();
      for (let turn = 0; turn < 10; turn += 1) {
        await kvs.set(`owner:${turn}`, mine);
        seen.add(String(await kvs.get(`owner:${turn}`)));
        seen.add(String(getAppContext().installationAri).split('/').at(-1) ?? '');
        console.log(mine);
      }
      return { statusCode: 200, body: JSON.stringify([mine, ...seen]) };
    },
  });
  const order = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? A : B));
  const replies = await Promise.all(order.map((installId) => send(urlOf(env, installId))));
  replies.forEach(({ body }, index) => assert.deepEqual(JSON.parse(body), [order[index], order[index]]));
  for (const { installId, line } of entries(env.emulator, 'console')) assert.equal(line, installId);
});

test('faults: the clock is wrong for the app and the platform', async (t) => {
  const env = await startEmulator(t);
  const truth = env.clock.now();
  assert.equal(await env.as(A, async () => Date.now()), truth);
  assert.equal((await control(env.origin, 'POST', 'faults', { target: 'clock', skewMs: -90_000 })).status, 204);
  const [now, made] = await env.as(A, async () => [Date.now(), new Date().getTime()]);
  assert.deepEqual([now, made], [truth - 90_000, truth - 90_000]);
  assert.ok(Math.abs(Date.now() - truth) > 1_000, 'outside of invocations the clock is that of the machine');
});

test('URLs of web triggers are stable and can be renewed, listed and deleted', async (t) => {
  const env = await startEmulator(t, { exchange: () => ({ statusCode: 204 }) });
  await env.as(A, async () => {
    const url = await webTrigger.getUrl('exchange');
    assert.equal(url, urlOf(env, A));
    assert.equal(await webTrigger.getUrl('exchange'), url);
    const renewed = await webTrigger.getUrl('exchange', true);
    assert.notEqual(renewed, url);
    assert.equal((await webTrigger.queryUrls('exchange')).length, 2);
    await webTrigger.deleteUrl(url);
    assert.equal((await webTrigger.queryUrls()).length, 1);
    assert.equal((await send(url)).status, 404);
    assert.equal((await send(renewed)).status, 204);
    await assert.rejects(webTrigger.getUrl('no-such-key'));
  });
});

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
async function jiraStub(t: TestContext, status = 200, headers: Record<string, string> = {}): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('requestJira calls the Jira of the installation, as the app or as the invoking user', async (t) => {
  const env = await startEmulator(t);
  const [jiraA, jiraB] = [await jiraStub(t), await jiraStub(t, 429, { 'retry-after': '7' })];
  env.emulator.install(A, 'cloud-a', jiraA.url);
  env.emulator.install(B, 'cloud-b', jiraB.url);
  await env.as(A, async () => {
    const body = JSON.stringify({ globalId: 'g' });
    await asApp().requestJira(route`/rest/api/3/issue/${'10001'}/remotelink?x=${'a&b'}`, { method: 'POST', body, headers: { 'X-Kept': 'yes' } });
    await asUser().requestJira(route`/rest/api/3/mypermissions?permissions=${'ADMINISTER'}`);
  }, 'user-7');
  const limited = await env.as(B, () => asApp().requestJira(route`/rest/api/3/field`));
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7']);
  assert.deepEqual(jiraA.seen.map(({ method, url, headers }) => [method, url, headers.authorization]), [
    ['POST', '/rest/api/3/issue/10001/remotelink?x=a%26b', `Bearer app:${A}`],
    ['GET', '/rest/api/3/mypermissions?permissions=ADMINISTER', 'Bearer user:user-7'],
  ]);
  assert.equal(jiraA.seen[0]?.body, '{"globalId":"g"}');
  assert.equal(jiraA.seen[0]?.headers['x-kept'], 'yes');
  assert.deepEqual(jiraB.seen.map(({ headers }) => headers.authorization), [`Bearer app:${B}`]);
});

test('refuses Jira without a user, for another user, without a scope, for an unlisted endpoint and for another host', async (t) => {
  const env = await startEmulator(t, { scopes: ['storage:app', 'read:jira-work'] });
  const jira = await jiraStub(t);
  env.emulator.install(A, 'cloud-a', jira.url);
  await env.as(A, () => assert.rejects(asUser().requestJira(route`/rest/api/3/field`), { name: 'NEEDS_AUTHENTICATION_ERR' }));
  const status = async (call: () => Promise<{ status: number }>): Promise<number> => (await env.as(A, call, 'user-7')).status;
  assert.equal(await status(() => asUser('user-8').requestJira(route`/rest/api/3/field`)), 501);
  assert.equal(await status(() => asApp().requestJira(route`/rest/api/3/issue/1/comment`, { method: 'POST', body: '{}' })), 401);
  assert.equal(await status(() => asApp().requestJira(route`/rest/api/3/user/search?query=x`)), 401);
  assert.equal(await status(() => asApp().requestJira(route`/rest/api/3/search`)), 501, 'removed by Atlassian, so not on our list');
  assert.equal(await status(() => asApp().requestJira(api.assumeTrustedRoute('@elsewhere.example/rest/api/3/field'))), 501);
  await env.as(A, async () => assert.throws(() => route`/rest/api/3/issue/${'../../x'}`));
  assert.deepEqual(jira.seen, []);
});

test('an unreachable Jira is a 502', async (t) => {
  const env = await startEmulator(t);
  assert.equal((await env.as(A, () => asApp().requestJira(route`/rest/api/3/field`))).status, 502);
});
