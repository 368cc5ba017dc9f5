// The counters of the emulator for cost benches, and that it can run long without recording.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Use } from '../emulator/usage.ts';
import { A, api, B, control, events, kvs, send, startEmulator, urlOf, WhereConditions, type TestEnv } from './support.ts';

const { asApp, route, webTrigger } = api;
type Usage = Record<string, Record<string, Use>>;

async function usage(env: TestEnv): Promise<Usage> {
  return ((await control(env.origin, 'GET', 'usage')).body as { installations: Usage }).installations;
}
/** The use of one invocation for A. */
async function useOf(env: TestEnv, body: () => Promise<unknown>): Promise<Use> {
  assert.equal((await control(env.origin, 'POST', 'usage/reset')).status, 204);
  await env.as(A, body);
  const use = (await usage(env))[A]?.['code'];
  assert.ok(use);
  assert.equal(use.invocations, 1);
  return use;
}
const none = { reads: 0, writes: 0, deletes: 0, bytesRead: 0, bytesWritten: 0 };

test('usage: bytes are those of key and value; an empty read has 1,024', async (t) => {
  const env = await startEmulator(t);
  const written = await useOf(env, async () => {
    await kvs.set('cfg', { a: 'ü' }); // 3 + 10
    await kvs.setSecret('hmac', 'ff'); // 4 + 4
    await kvs.set('nonce:1', 1, { keyPolicy: 'FAIL_IF_EXISTS' }); // 7 + 1
    await assert.rejects(kvs.set('nonce:1', 1, { keyPolicy: 'FAIL_IF_EXISTS' }));
  });
  assert.deepEqual(written.kvs, { ...none, writes: 3, bytesWritten: 21 });
  assert.deepEqual(written.secrets, { ...none, writes: 1, bytesWritten: 8 });
  const under = (prefix: string) => kvs.query().where('key', WhereConditions.beginsWith(prefix)).getMany();
  const read = await useOf(env, async () => {
    await kvs.get('cfg');
    await kvs.get('none');
    await kvs.getSecret('hmac');
    await kvs.getSecret('none');
    await under('nonce:');
    await under('cmd:');
    await kvs.delete('cfg');
    await kvs.deleteSecret('hmac');
    await kvs.batchSet([{ key: 'b', value: 1 }]);
  });
  assert.deepEqual(read.kvs, { ...none, reads: 4, bytesRead: 13 + 1_024 + 8 + 1_024, deletes: 1 });
  assert.deepEqual(read.secrets, { ...none, reads: 1 + 1, bytesRead: 8 + 1_024, deletes: 1 });
  assert.deepEqual([read.otherCalls, read.jiraCalls], [1, 0]);
});

test('usage: a call that a fault refuses counts without bytes', async (t) => {
  const env = await startEmulator(t);
  env.emulator.find(A).installation.kvs.faults.configure({ failOps: ['get', 'set', 'query'] });
  const { kvs: use } = await useOf(env, () => Promise.allSettled([kvs.get('a'), kvs.set('a', 1), kvs.query().getMany()]));
  assert.deepEqual(use, { ...none, reads: 2, writes: 1 });
});

/** A Jira for A that answers each request after a delay. */
async function withJira(t: TestContext, env: TestEnv, delayMs: number): Promise<void> {
  const jira = createServer((_, response) => void setTimeout(() => response.end('{}'), delayMs));
  await new Promise<void>((resolve) => jira.listen(0, '127.0.0.1', resolve));
  t.after(() => jira.close());
  env.emulator.install(A, 'cloud-a', `http://127.0.0.1:${(jira.address() as AddressInfo).port}`);
}
const field = () => asApp().requestJira(route`/rest/api/3/field`);

test('usage: calls that overlap are one round', async (t) => {
  const env = await startEmulator(t);
  await withJira(t, env, 0);
  const use = await useOf(env, async () => {
    await Promise.all([kvs.get('a'), kvs.set('b', 1), kvs.getSecret('c')]);
    await kvs.get('a');
    await Promise.all([kvs.get('a'), field(), field()]);
    await field();
    await webTrigger.getUrl('exchange');
  });
  assert.deepEqual(use.rounds, { storage: 2, jira: 2, other: 1 });
  assert.deepEqual([use.jiraCalls, use.otherCalls], [3, 1]);
});

test('usage: CPU time is that of the function, not of its waits', async (t) => {
  const env = await startEmulator(t);
  const busy = (): void => {
    const until = process.cpuUsage().user + 40_000;
    while (process.cpuUsage().user < until);
  };
  const idle = await useOf(env, () => kvs.get('a'));
  const { cpuMicros } = await useOf(env, async () => {
    busy();
    await kvs.get('a');
    busy();
  });
  assert.ok(idle.cpuMicros < 30_000 && cpuMicros > 60_000, `${idle.cpuMicros} and ${cpuMicros}`);
});

test('usage: short stretches of CPU time between waits are counted', async (t) => {
  const env = await startEmulator(t);
  await withJira(t, env, 3);
  const { cpuMicros } = await useOf(env, async () => {
    for (let turn = 0; turn < 60; turn += 1) {
      await field();
      const until = performance.now() + 0.5;
      while (performance.now() < until);
    }
  });
  assert.ok(cpuMicros > 20_000, `${cpuMicros} of at least 30,000`);
});

test('usage: is kept for each installation and function, retries and time-outs included', async (t) => {
  const retry = new events.InvocationError({ retryAfter: 1, retryReason: events.InvocationErrorCode.FUNCTION_RETRY_REQUEST });
  let entered = (): void => {};
  const env = await startEmulator(t, {
    exchange: async () => {
      await kvs.get('a');
      entered();
      await new Promise(() => {});
    },
    jiraEvent: () => retry,
  });
  await control(env.origin, 'POST', 'faults', { target: 'events', retryDelayMs: 0 });
  env.emulator.find(B).events.push({ eventType: 'avi:jira:updated:issue' });
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const reply = send(urlOf(env, A));
  await inside;
  env.clock.advance(55_000);
  assert.equal((await reply).status, 424);
  while ((await usage(env))[B]?.['jiraEvent']?.invocations !== 5) env.clock.advance(1);
  const { exchange } = (await usage(env))[A] ?? {};
  assert.deepEqual([exchange?.invocations, exchange?.kvs.reads, exchange?.rounds.storage], [1, 1, 1]);
  assert.deepEqual(Object.keys((await usage(env))[B] ?? {}), ['jiraEvent']);
  await control(env.origin, 'POST', 'usage/reset');
  assert.deepEqual(await usage(env), { [A]: {}, [B]: {} });
  assert.equal((await control(env.origin, 'POST', 'usage/typo')).status, 404);
});

test('recording can be off: then only violations are kept', async (t) => {
  const env = await startEmulator(t);
  const record = async (on: unknown) => (await control(env.origin, 'POST', 'recording', { on })).status;
  assert.deepEqual([await record('no'), await record(false)], [400, 204]);
  await send(urlOf(env, A), { body: 'x' });
  await env.as(A, async () => void kvs.get('a').catch(() => {}));
  assert.equal(env.emulator.captures.length, 0);
  assert.deepEqual(env.emulator.log.entries.map(({ kind }) => kind), ['violation']);
  assert.deepEqual(Object.keys((await usage(env))[A] ?? {}), ['exchange', 'code'], 'the usage is counted all the same');
  assert.equal(await record(true), 204);
  await send(urlOf(env, A), { body: 'x' });
  assert.deepEqual(env.emulator.captures.map(({ bodyBase64 }) => bodyBase64), [Buffer.from('x').toString('base64')]);
});
