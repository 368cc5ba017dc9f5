// Product events: delivery, faults and retries.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, control, entries, events, startEmulator, type TestEnv } from './support.ts';

const { InvocationError, InvocationErrorCode } = events;
const UPDATED = 'avi:jira:updated:issue';
type Event = { n: number; retryContext?: { retryCount: number; retryData?: unknown } };

function recorder(answer: (event: Event) => unknown = () => ({})): { seen: number[]; handler: (event: unknown) => unknown } {
  const seen: number[] = [];
  const handler = (event: unknown): unknown => {
    seen.push((event as Event).n);
    return answer(event as Event);
  };
  return { seen, handler };
}
const post = async (env: TestEnv, installId: string, event: object) => assert.equal((await control(env.origin, 'POST', `events/${installId}`, event)).status, 202);
const idle = (env: TestEnv) => control(env.origin, 'GET', 'idle');
const outcomes = (env: TestEnv) => entries(env.emulator, 'event').map(({ outcome }) => outcome);

test('delivers events in order, without own and unknown ones', async (t) => {
  const { seen, handler } = recorder();
  const env = await startEmulator(t, { jiraEvent: handler });
  for (const n of [1, 2, 3]) await post(env, A, { eventType: UPDATED, n });
  await post(env, A, { eventType: UPDATED, n: 4, selfGenerated: true });
  await post(env, A, { eventType: 'avi:jira:viewed:issue', n: 5 });
  await idle(env);
  assert.deepEqual(seen, [1, 2, 3]);
  assert.deepEqual(outcomes(env), ['queued', 'queued', 'queued', 'ignored-self', 'unmatched']);
  assert.equal((await control(env.origin, 'POST', 'events/0b2c6d1e-0000-4c3b-9a57-2f1d7c9e0a11', {})).status, 400);
});

test('delivers own events, marked as such, without the ignoreSelf filter', async (t) => {
  const { seen, handler } = recorder((event) => assert.ok('selfGenerated' in event));
  const env = await startEmulator(t, { jiraEvent: handler, trigger: { ignoreSelf: false } });
  await post(env, A, { eventType: UPDATED, n: 1, selfGenerated: true });
  await idle(env);
  assert.deepEqual(seen, [1]);
});

test('a slow event delays only its own installation', async (t) => {
  let release = (): void => {};
  const slow = new Promise<void>((resolve) => (release = resolve));
  const { seen, handler } = recorder(async ({ n }) => {
    if (n === 1) await slow;
  });
  const env = await startEmulator(t, { jiraEvent: handler });
  await post(env, A, { eventType: UPDATED, n: 1 });
  await post(env, A, { eventType: UPDATED, n: 2 });
  await post(env, B, { eventType: UPDATED, n: 3 });
  await env.emulator.find(B).events.idle();
  assert.deepEqual(seen, [1, 3]);
  release();
  await idle(env);
  assert.deepEqual(seen, [1, 3, 2]);
});

test('faults: events are lost, duplicated and reordered', async (t) => {
  const { seen, handler } = recorder();
  const env = await startEmulator(t, { jiraEvent: handler });
  const faults = async (body: object) => assert.equal((await control(env.origin, 'POST', 'faults', { target: 'events', installId: A, ...body })).status, 204);
  const push = async (...list: number[]): Promise<number[]> => {
    for (const n of list) await post(env, A, { eventType: UPDATED, n });
    await idle(env);
    return seen.splice(0);
  };
  await faults({ lose: 1 });
  assert.deepEqual(await push(1, 2), [2]);
  await faults({ duplicate: 1 });
  assert.deepEqual(await push(3, 4), [3, 3, 4]);
  await faults({ reorder: 3 });
  assert.deepEqual(await push(5, 6, 7, 8), [7, 6, 5, 8]);
  await faults({ reorder: 5 });
  assert.deepEqual(await push(9, 10), [10, 9], 'idle releases held events');
  assert.equal((await control(env.origin, 'POST', 'faults', { target: 'events', lose: -1 })).status, 400);
});

test('retries a returned InvocationError four times after its delay with its data, but not an exception', async (t) => {
  const contexts: unknown[] = [];
  const { seen, handler } = recorder(({ n, retryContext }) => {
    contexts.push(retryContext && [retryContext.retryCount, retryContext.retryData]);
    if (n === 2) throw new Error('lost');
    return new InvocationError({ retryAfter: 30, retryReason: InvocationErrorCode.FUNCTION_RETRY_REQUEST, retryData: { n } });
  });
  const env = await startEmulator(t, { jiraEvent: handler });
  await post(env, A, { eventType: UPDATED, n: 1 });
  const finished = env.emulator.find(A).events.idle();
  for (let retry = 1; retry <= 4; retry += 1) {
    while (env.clock.pendingTimers === 0 || outcomes(env).filter((outcome) => outcome === 'retrying').length < retry) await new Promise(setImmediate);
    env.clock.advance(29_999);
    assert.equal(seen.length, retry);
    env.clock.advance(1);
  }
  await finished;
  assert.deepEqual(contexts, [undefined, [1, { n: 1 }], [2, { n: 1 }], [3, { n: 1 }], [4, { n: 1 }]]);
  assert.equal(outcomes(env).at(-1), 'exhausted');
  seen.length = 0;
  await post(env, A, { eventType: UPDATED, n: 2 });
  await idle(env);
  assert.deepEqual(seen, [2]);
});
