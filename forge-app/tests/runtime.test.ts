// The runtime around a function: limits, egress, tenancy in one warm process, Jira on behalf of app and user.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { A, api, B, control, entries, kvs, send, urlOf, world } from './support.ts';

const { asApp, asUser, route, webTrigger, getAppContext } = api;

test('a function has 55 seconds behind a web trigger and 25 elsewhere, and may do nothing afterwards', async (t) => {
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
  const w = await world(t, { exchange: handler, jiraEvent: handler });
  const started = (): Promise<void> => new Promise((resolve) => (entered = resolve));

  let running = started();
  const reply = send(urlOf(w, A));
  await running;
  w.clock.advance(54_999);
  assert.equal(entries(w.emulator, 'invocation').length, 0);
  w.clock.advance(1);
  assert.equal((await reply).status, 424);
  wake();
  await assert.rejects(afterwards, /over/);

  running = started();
  w.emulator.find(A).events.push({ eventType: 'avi:jira:updated:issue' });
  await running;
  w.clock.advance(25_000);
  await w.emulator.find(A).events.idle();
  assert.deepEqual(entries(w.emulator, 'invocation').map(({ outcome, ms }) => [outcome, ms]), [['timed-out', 55_000], ['timed-out', 25_000]]);
  assert.deepEqual(w.violations(), ['call-after-the-end']);
  assert.equal(w.emulator.find(A).installation.kvs.values.list('').length, 0);
});

test('a platform call that is not awaited is a violation', async (t) => {
  const w = await world(t);
  await w.as(A, async () => {
    void kvs.set('k', 1).catch(() => {});
  });
  assert.deepEqual(w.violations(), ['returned-before-its-calls']);
});

test('fetch is refused inside an invocation', async (t) => {
  const w = await world(t);
  const refused = { name: 'REQUEST_EGRESS_ALLOWLIST_ERR' };
  await w.as(A, async () => {
    await assert.rejects(api.default.fetch(`${w.origin}/__emulator/log`), refused);
    await assert.rejects(fetch('https://example.com/'), refused);
  });
  assert.deepEqual(w.violations(), ['egress', 'egress']);
});

test('unknown platform targets are answered 501', async (t) => {
  const w = await world(t);
  const forgeFetch = (globalThis as unknown as { __forge_fetch__: (target: object, path: string) => Promise<Response> }).__forge_fetch__;
  const statuses = await w.as(A, async () => {
    const answers = await Promise.all([
      forgeFetch({ type: 'tpp', provider: 'x', remote: 'y' }, '/'),
      forgeFetch({ type: 'frc' }, '/'),
      forgeFetch({ type: 'fpp', provider: 'app', remote: 'confluence' }, '/'),
      forgeFetch({ type: 'fpp', provider: 'app', remote: 'stargate' }, '/app/report-accounts'),
    ]);
    return answers.map(({ status }) => status);
  });
  assert.deepEqual(statuses, [501, 501, 501, 501]);
});

test('parallel invocations of two installations never mix in one warm process', async (t) => {
  const w = await world(t, {
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
  const replies = await Promise.all(order.map((installId) => send(urlOf(w, installId))));
  replies.forEach(({ body }, index) => assert.deepEqual(JSON.parse(body), [order[index], order[index]]));
  for (const { installId, line } of entries(w.emulator, 'console')) assert.equal(line, installId);
});

test('the clock can be wrong, for the app as for the platform', async (t) => {
  const w = await world(t);
  const truth = w.clock.now();
  assert.equal(await w.as(A, async () => Date.now()), truth);
  assert.equal((await control(w.origin, 'POST', 'faults', { target: 'clock', skewMs: -90_000 })).status, 204);
  const [now, made] = await w.as(A, async () => [Date.now(), new Date().getTime()]);
  assert.deepEqual([now, made], [truth - 90_000, truth - 90_000]);
  assert.ok(Math.abs(Date.now() - truth) > 1_000, 'outside of invocations the clock is the machine\'s');
});

test('web-trigger URLs are stable, can be renewed, listed and deleted', async (t) => {
  const w = await world(t, { exchange: () => ({ statusCode: 204 }) });
  await w.as(A, async () => {
    const url = await webTrigger.getUrl('exchange');
    assert.equal(url, urlOf(w, A));
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

test('requestJira reaches the installation\'s own Jira, as app or as the invoking user', async (t) => {
  const w = await world(t);
  const [jiraA, jiraB] = [await jiraStub(t), await jiraStub(t, 429, { 'retry-after': '7' })];
  w.emulator.install(A, 'cloud-a', jiraA.url);
  w.emulator.install(B, 'cloud-b', jiraB.url);
  await w.as(A, async () => {
    const body = JSON.stringify({ globalId: 'g' });
    await asApp().requestJira(route`/rest/api/3/issue/${'10001'}/remotelink?x=${'a&b'}`, { method: 'POST', body, headers: { 'X-Kept': 'yes' } });
    await asUser().requestJira(route`/rest/api/3/mypermissions?permissions=${'ADMINISTER'}`);
  }, 'user-7');
  const limited = await w.as(B, () => asApp().requestJira(route`/rest/api/3/field`));
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7']);
  assert.deepEqual(jiraA.seen.map(({ method, url, headers }) => [method, url, headers.authorization]), [
    ['POST', '/rest/api/3/issue/10001/remotelink?x=a%26b', `Bearer app:${A}`],
    ['GET', '/rest/api/3/mypermissions?permissions=ADMINISTER', 'Bearer user:user-7'],
  ]);
  assert.equal(jiraA.seen[0]?.body, '{"globalId":"g"}');
  assert.equal(jiraA.seen[0]?.headers['x-kept'], 'yes');
  assert.deepEqual(jiraB.seen.map(({ headers }) => headers.authorization), [`Bearer app:${B}`]);
});

test('Jira is refused where the platform refuses it: no user, another user, no scope, no listed endpoint, another host', async (t) => {
  const w = await world(t, { scopes: ['storage:app', 'read:jira-work'] });
  const jira = await jiraStub(t);
  w.emulator.install(A, 'cloud-a', jira.url);
  await w.as(A, () => assert.rejects(asUser().requestJira(route`/rest/api/3/field`), { name: 'NEEDS_AUTHENTICATION_ERR' }));
  const status = async (call: () => Promise<{ status: number }>): Promise<number> => (await w.as(A, call, 'user-7')).status;
  assert.equal(await status(() => asUser('user-8').requestJira(route`/rest/api/3/field`)), 501);
  assert.equal(await status(() => asApp().requestJira(route`/rest/api/3/issue/1/comment`, { method: 'POST', body: '{}' })), 401);
  assert.equal(await status(() => asApp().requestJira(route`/rest/api/3/user/search?query=x`)), 401);
  assert.equal(await status(() => asApp().requestJira(route`/rest/api/3/search`)), 501, 'removed by Atlassian, so not on our list');
  assert.equal(await status(() => asApp().requestJira(api.assumeTrustedRoute('@elsewhere.example/rest/api/3/field'))), 501);
  await w.as(A, async () => assert.throws(() => route`/rest/api/3/issue/${'../../x'}`));
  assert.deepEqual(jira.seen, []);
});

test('an unreachable Jira is a 502, not an exception of the emulator', async (t) => {
  const w = await world(t);
  assert.equal((await w.as(A, () => asApp().requestJira(route`/rest/api/3/field`))).status, 502);
});
