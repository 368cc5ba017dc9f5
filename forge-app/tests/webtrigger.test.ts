// The web triggers of the emulator, over real sockets.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { A, B, control, entries, kvs, send, urlOf, startEmulator, type TestEnv } from './support.ts';

const echo = (request: unknown) => ({ statusCode: 200, headers: { 'X-Many': ['a', 'b'] }, body: JSON.stringify(request) });
const MIB = 1024 * 1024;
const fault = async (env: TestEnv, body: object) => assert.equal((await control(env.origin, 'POST', 'faults', { target: 'webtrigger', ...body })).status, 204);
const ran = (env: TestEnv) => entries(env.emulator, 'invocation').length;

test('passes method, paths, header lists in their case, split query and raw body', async (t) => {
  const env = await startEmulator(t, { exchange: echo });
  const headers = ['Host', 'h', 'X-Connector-Nonce', '1', 'X-Connector-Nonce', '2', 'x-lower', 'v'];
  const reply = await send(`${urlOf(env, A)}/v1/sub?a=1,2&a=3&b=`, { headers, body: '{"ü":1} ' });
  assert.deepEqual(reply.headers['x-many'], 'a, b');
  const seen = JSON.parse(reply.body);
  assert.deepEqual([seen.method, seen.userPath, seen.body], ['POST', '/v1/sub', '{"ü":1} ']);
  assert.equal(`${env.origin}${seen.path}`, `${urlOf(env, A)}/v1/sub`);
  assert.deepEqual(seen.queryParameters, { a: ['1', '2', '3'], b: [''] });
  assert.deepEqual([seen.headers['X-Connector-Nonce'], seen.headers['x-lower']], [['1', '2'], ['v']]);
  const bare = JSON.parse((await send(urlOf(env, A), { method: 'GET' })).body);
  assert.deepEqual([bare.method, bare.userPath, 'body' in bare], ['GET', '', false]);
});

test('a URL belongs to one installation; an unknown id or an uninstalled app is a 404', async (t) => {
  const env = await startEmulator(t, { exchange: echo });
  const [urlA, urlB] = [urlOf(env, A), urlOf(env, B)];
  assert.notEqual(urlA, urlB);
  assert.equal((await send(`${env.origin}/x1/0123456789`)).status, 404);
  assert.equal((await send(`${env.origin}/`)).status, 404);
  assert.equal((await control(env.origin, 'DELETE', `installations/${A}`)).status, 204);
  assert.equal((await send(urlA)).status, 404);
  assert.equal((await send(urlB)).status, 200);
});

test('accepts 5 MB; one byte more is a 413 without running the function', async (t) => {
  const env = await startEmulator(t, { exchange: (request) => ({ statusCode: 200, body: String((request as { body: string }).body.length) }) });
  const full = Buffer.alloc(5 * MIB, 'x');
  assert.equal((await send(urlOf(env, A), { body: full })).body, String(5 * MIB));
  assert.equal((await send(urlOf(env, A), { body: Buffer.concat([full, Buffer.from('x')]) })).status, 413);
  assert.equal((await send(urlOf(env, A), { body: Buffer.alloc(20 * MIB), headers: { 'Transfer-Encoding': 'chunked' } })).status, 413);
  assert.equal(ran(env), 1);
});

test('malformed results and exceptions are a 500 with an empty body', async (t) => {
  const results: unknown[] = [
    undefined, 'text', {}, { status: 200 }, { statusCode: '200' }, { statusCode: 99 }, { statusCode: 200, body: { a: 1 } },
    { statusCode: 200, headers: { 'X-A': 'not a list' } }, { statusCode: 200, body: 'x'.repeat(5 * MIB + 1) },
  ];
  const env = await startEmulator(t, {
    exchange: () => {
      if (results.length === 0) throw new Error('secret text of an exception');
      return results.shift();
    },
  });
  for (let count = results.length + 1; count > 0; count -= 1) {
    const { status, body } = await send(urlOf(env, A));
    assert.deepEqual([status, body], [500, ''], `${count} left`);
  }
  assert.equal((await send(urlOf(env, A))).status, 500);
});

test('captures every received byte, also of refused and incomplete requests', async (t) => {
  const env = await startEmulator(t, { exchange: echo });
  const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x00, 0x22, 0x7d]);
  await send(`${urlOf(env, A)}?q=canary`, { body: bytes, headers: { 'X-Canary': 'Mixed Case' } });
  await fault(env, { mode: 'status', status: 503 });
  await send(urlOf(env, B), { body: 'second' });
  await fault(env, { mode: 'none' });
  const { port, pathname } = new URL(urlOf(env, A));
  const cut = connect(Number(port), '127.0.0.1');
  cut.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this`);
  while (env.emulator.captures.length < 3) await new Promise(setImmediate);
  const closed = new Promise((resolve) => cut.once('close', resolve));
  cut.destroy();
  await closed;
  while (!env.emulator.captures[2]?.bodyBase64) await new Promise(setImmediate);

  const { body } = await control(env.origin, 'GET', 'captures');
  const [first, second, third] = (body as { captures: (typeof env.emulator.captures)[number][] }).captures;
  assert.equal(first?.bodyBase64, bytes.toString('base64'));
  assert.ok(first?.url.endsWith('?q=canary') && first.rawHeaders.join(' ').includes('X-Canary Mixed Case'));
  assert.deepEqual([second?.installId, second?.fault, second?.status, Buffer.from(second?.bodyBase64 ?? '', 'base64').toString()], [B, 'status', 503, 'second']);
  assert.deepEqual([third?.complete, Buffer.from(third?.bodyBase64 ?? '', 'base64').toString()], [false, 'only this']);
  await control(env.origin, 'DELETE', 'captures');
  assert.deepEqual((await control(env.origin, 'GET', 'captures')).body, { captures: [] });
});

test('faults: status with Retry-After, after a number of requests, for a number of requests, for one installation', async (t) => {
  const env = await startEmulator(t, { exchange: echo });
  await fault(env, { installId: A, mode: 'status', status: 429, retryAfter: 7, skip: 1, count: 2 });
  const replies = [];
  for (let turn = 0; turn < 4; turn += 1) replies.push(await send(urlOf(env, A)));
  assert.deepEqual(replies.map(({ status }) => status), [200, 429, 429, 200]);
  assert.equal(replies[1]?.headers['retry-after'], '7');
  await fault(env, { installId: A, mode: 'status' });
  assert.equal((await send(urlOf(env, B))).status, 200);
  await fault(env, { installId: A, mode: 'none' });
  assert.equal((await send(urlOf(env, A))).status, 200);
  assert.equal((await control(env.origin, 'POST', 'faults', { target: 'webtrigger', mode: 'typo' })).status, 400);
});

test('faults: down and reset break the connection before the function, drop-reply after its writes', async (t) => {
  let writes = 0;
  const env = await startEmulator(t, {
    exchange: async () => {
      writes += 1;
      await kvs.set('written', writes);
      return { statusCode: 200 };
    },
  });
  const broken = { code: 'ECONNRESET' };
  await fault(env, { mode: 'down' });
  await assert.rejects(send(urlOf(env, A), { body: 'x' }), broken);
  await fault(env, { mode: 'reset' });
  await assert.rejects(send(urlOf(env, A), { body: 'x' }), broken);
  assert.equal(writes, 0);
  await fault(env, { mode: 'drop-reply', count: 1 });
  await assert.rejects(send(urlOf(env, A), { body: 'x' }), broken);
  const dumped = (await control(env.origin, 'GET', `kvs/${A}`)).body as { values: Record<string, { value: unknown }> };
  assert.equal(dumped.values['written']?.value, 1);
  assert.equal((await send(urlOf(env, A), { body: 'x' })).status, 200);
  assert.equal(writes, 2);
});

test('faults: a hanging web trigger never responds and never runs the function', async (t) => {
  const env = await startEmulator(t, { exchange: echo });
  await fault(env, { mode: 'hang', count: 1 });
  const hanging = send(urlOf(env, A), { body: 'x' });
  hanging.catch(() => {});
  while (!env.emulator.captures[0]?.complete) await new Promise(setImmediate);
  assert.equal((await send(urlOf(env, A))).status, 200, 'others are served meanwhile');
  assert.equal(ran(env), 1);
  await env.emulator.close();
  await assert.rejects(hanging);
});
