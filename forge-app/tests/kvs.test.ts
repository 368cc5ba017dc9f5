// The emulated storage, through the real @forge/kvs package.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, control, kvs, MetadataField, WhereConditions, startEmulator, type TestEnv } from './support.ts';

const code = (name: string) => (error: { code?: string }) => error.code === name;
const claim = (key: string) => kvs.set(key, 1, { keyPolicy: 'FAIL_IF_EXISTS', ttl: { unit: 'SECONDS', value: 360 } });
const keysUnder = async (prefix: string) =>
  (await kvs.query().where('key', WhereConditions.beginsWith(prefix)).limit(100).getMany()).results.map(({ key }) => key);

test('returns values unchanged and undefined for a missing key', async (t) => {
  const env = await startEmulator(t);
  await env.as(A, async () => {
    await kvs.set('cfg', { n: 1, list: ['ü', null] });
    assert.deepEqual(await kvs.get('cfg'), { n: 1, list: ['ü', null] });
    assert.equal(await kvs.get('nothing'), undefined);
    await kvs.delete('cfg');
    await kvs.delete('cfg');
    assert.equal(await kvs.get('cfg'), undefined);
  });
  assert.deepEqual(env.violations(), []);
});

test('exactly one of two concurrent claims of a nonce succeeds', async (t) => {
  const env = await startEmulator(t);
  for (let round = 0; round < 20; round += 1) {
    const results = await env.as(A, () => Promise.allSettled([claim(`nonce:${round}`), claim(`nonce:${round}`)]));
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }
  await env.as(A, () => assert.rejects(claim('nonce:0'), code('KEY_CONFLICT')));
});

test('separates keys, secrets and listings of installations', async (t) => {
  const env = await startEmulator(t);
  await env.as(A, async () => {
    await claim('nonce:x');
    await kvs.setSecret('hmac', 'of A');
  });
  await env.as(B, async () => {
    await claim('nonce:x');
    assert.equal(await kvs.getSecret('hmac'), undefined);
    await kvs.set('only-b', 1);
  });
  assert.deepEqual(await env.as(A, () => keysUnder('')), ['nonce:x']);
});

test('separates secrets from values and never lists them', async (t) => {
  const env = await startEmulator(t);
  await env.as(A, async () => {
    await kvs.setSecret('hmac', { key: 'ff' });
    assert.equal(await kvs.get('hmac'), undefined);
    assert.deepEqual(await kvs.getSecret('hmac'), { key: 'ff' });
    assert.deepEqual(await keysUnder(''), []);
    await kvs.deleteSecret('hmac');
    assert.equal(await kvs.getSecret('hmac'), undefined);
  });
});

test('refuses keys and values outside of the limits with the platform codes', async (t) => {
  const env = await startEmulator(t);
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  await env.as(A, async () => {
    await assert.rejects(kvs.set('', 1), code('KEY_TOO_SHORT'));
    await assert.rejects(kvs.get('k'.repeat(501)), code('KEY_TOO_LONG'));
    for (const key of ['a/b', 'a|b', 'a@b', 'a+b', 'a=b', '   ', 'ä']) await assert.rejects(kvs.set(key, 1), code('INVALID_KEY'), key);
    await kvs.set('k'.repeat(500), 1);
    await kvs.set('A.b_c:1-#', 1);
    await kvs.set('big', 'x'.repeat(240 * 1024 - 2));
    await assert.rejects(kvs.set('big', 'x'.repeat(240 * 1024 - 1)), code('MAX_SIZE'));
    await assert.rejects(kvs.set('big', 'ü'.repeat(120 * 1024)), code('MAX_SIZE'), 'bytes are counted, not characters');
    await kvs.set('deep', nested(31));
    await assert.rejects(kvs.set('deep', nested(32)), code('MAX_DEPTH'));
  });
});

test('responds 403 to every call without the scope storage:app', async (t) => {
  const env = await startEmulator(t, { scopes: ['read:jira-work'] });
  const forbidden = (error: { responseDetails?: { status?: number } }) => error.responseDetails?.status === 403;
  await env.as(A, async () => {
    await assert.rejects(kvs.get('k'), forbidden);
    await assert.rejects(kvs.setSecret('k', 1), forbidden);
  });
});

test('expires a row after its time to live and returns the expiry on request', async (t) => {
  const env = await startEmulator(t);
  const options = { metadataFields: [MetadataField.EXPIRE_TIME] };
  await env.as(A, () => claim('nonce:a'));
  const row = await env.as(A, () => kvs.get('nonce:a', options));
  assert.equal(row?.expireTime, new Date(env.clock.now() + 360_000).toISOString());
  env.clock.advance(359_999);
  await env.as(A, () => assert.rejects(claim('nonce:a'), code('KEY_CONFLICT')));
  env.clock.advance(1);
  assert.equal(await env.as(A, () => kvs.get('nonce:a')), undefined);
  await env.as(A, () => claim('nonce:a'));
});

test('expiry follows the clock that the control API sets', async (t) => {
  const env = await startEmulator(t);
  const skew = (skewMs: number) => control(env.origin, 'POST', 'faults', { target: 'clock', skewMs });
  await env.as(A, () => claim('nonce:a'));
  await skew(359_999);
  await env.as(A, () => assert.rejects(claim('nonce:a'), code('KEY_CONFLICT')));
  await skew(360_000);
  assert.equal(await env.as(A, () => kvs.get('nonce:a')), undefined);
  assert.deepEqual(await env.as(A, () => keysUnder('nonce:')), []);
  await env.as(A, () => claim('nonce:a'));
});

test('lazy expiry: an expired row is still read and listed and still conflicts', async (t) => {
  const env = await startEmulator(t);
  env.emulator.find(A).installation.kvs.faults.configure({ lazyExpiry: true });
  await env.as(A, () => claim('nonce:a'));
  env.clock.advance(361_000);
  const row = await env.as(A, () => kvs.get('nonce:a', { metadataFields: [MetadataField.EXPIRE_TIME] }));
  assert.ok(row && Date.parse(String(row.expireTime)) < env.clock.now());
  assert.deepEqual(await env.as(A, () => keysUnder('nonce:')), ['nonce:a']);
  await env.as(A, () => assert.rejects(claim('nonce:a'), code('KEY_CONFLICT')));
  env.emulator.find(A).installation.kvs.faults.configure({ lazyExpiry: false });
  assert.equal(await env.as(A, () => kvs.get('nonce:a')), undefined);
});

test('a delayed query misses new rows and lists deleted ones, while get is consistent', async (t) => {
  const env = await startEmulator(t);
  env.emulator.find(A).installation.kvs.faults.configure({ queryLagMs: 5_000 });
  await env.as(A, () => kvs.set('cmd:1', 'old'));
  assert.deepEqual(await env.as(A, () => keysUnder('cmd:')), []);
  assert.equal(await env.as(A, () => kvs.get('cmd:1')), 'old');
  env.clock.advance(5_000);
  assert.deepEqual(await env.as(A, () => keysUnder('cmd:')), ['cmd:1']);
  await env.as(A, () => kvs.delete('cmd:1'));
  assert.deepEqual(await env.as(A, () => keysUnder('cmd:')), ['cmd:1'], 'deleted, still listed');
  assert.equal(await env.as(A, () => kvs.get('cmd:1')), undefined);
  env.clock.advance(5_000);
  assert.deepEqual(await env.as(A, () => keysUnder('cmd:')), []);
});

test('queries return pages in key order: 10 rows by default, at most 100', async (t) => {
  const env = await startEmulator(t);
  await env.as(A, async () => {
    const names = Array.from({ length: 25 }, (_, index) => `cmd:${String(index).padStart(2, '0')}`);
    for (const name of names.toReversed()) await kvs.set(name, name);
    await kvs.set('other', 1);
    const seen: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const query = kvs.query().where('key', WhereConditions.beginsWith('cmd:'));
      if (cursor) query.cursor(cursor);
      const page = await query.getMany();
      seen.push(...page.results.map(({ key }) => key));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor);
    assert.deepEqual(seen, names);
    assert.equal(pages, 3);
    await assert.rejects(kvs.query().limit(101).getMany());
  });
});

test('batches and transactions have at most 25 items; a transaction is atomic', async (t) => {
  const env = await startEmulator(t);
  const items = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `b:${index}`, value: index }));
  await env.as(A, async () => {
    assert.equal((await kvs.batchSet(items(25))).successfulKeys.length, 25);
    await assert.rejects(kvs.batchSet(items(26)));
    const mixed = await kvs.batchSet([{ key: 'good', value: 1 }, { key: 'not/good', value: 1 }]);
    assert.deepEqual(mixed.failedKeys.map(({ key, error }) => [key, error.code]), [['not/good', 'INVALID_KEY']]);
    assert.equal((await kvs.batchDelete(items(25))).successfulKeys.length, 25);

    const tooMany = kvs.transact();
    for (const { key, value } of items(26)) tooMany.set(key, value);
    await assert.rejects(tooMany.execute(), code('INVALID_TRANSACTION_REQUEST'));
    await assert.rejects(kvs.transact().set('t', 1).delete('t').execute(), code('INVALID_TRANSACTION_REQUEST'));
    await assert.rejects(kvs.transact().set('t:1', 1).set('t/2', 1).execute(), code('INVALID_KEY'));
    assert.equal(await kvs.get('t:1'), undefined, 'nothing of a refused transaction is written');
    await kvs.transact().set('t:1', 1, undefined, { ttl: { unit: 'MINUTES', value: 1 } }).delete('good').execute();
    assert.equal(await kvs.get('t:1'), 1);
    assert.equal(await kvs.get('good'), undefined);
  });
  env.clock.advance(60_000);
  assert.equal(await env.as(A, () => kvs.get('t:1')), undefined);
});

test('faults: operations fail before or after the write', async (t) => {
  const env = await startEmulator(t);
  const { faults } = env.emulator.find(A).installation.kvs;
  faults.configure({ failOps: [{ op: 'set', keyPrefix: 'seen:', code: 'RATE_LIMIT_EXCEEDED', status: 429, skip: 1, count: 1 }] });
  await env.as(A, async () => {
    await kvs.set('other', 1);
    await kvs.set('seen:1', 1);
    await assert.rejects(kvs.set('seen:2', 1), code('RATE_LIMIT_EXCEEDED'));
    assert.equal(await kvs.get('seen:2'), undefined);
    await kvs.set('seen:2', 1);
  });
  faults.configure({ failOps: [{ op: 'set', afterWrite: true }] });
  await env.as(A, async () => {
    await assert.rejects(kvs.set('seen:3', 3), code('INTERNAL_ERROR'));
    assert.equal(await kvs.get('seen:3'), 3);
  });
  await env.as(B, () => kvs.set('seen:3', 3));
});

test('responds 501 to operations that are not modelled', async (t) => {
  const env: TestEnv = await startEmulator(t);
  await env.as(A, () => assert.rejects(kvs.entity('audit').get('x'), code('EMULATOR_NOT_MODELLED')));
  assert.deepEqual(env.violations(), ['not-modelled']);
});
