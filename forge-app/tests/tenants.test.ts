// Many installations in one warm process, with the real bundle (`npm run bundle`): nothing of one reaches another, and an
// uninstall leaves nothing.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { loadBundle } from '../emulator/bundle.ts';
import { SystemClock } from '../emulator/clock.ts';
import { Emulator } from '../emulator/emulator.ts';
import { control } from './support.ts';
import { TenantJira } from './tenant-jira.ts';
import { Tenant } from './tenant.ts';

const idOf = (number: number): string => `${number.toString(16).padStart(8, '0')}-8f4a-4c3b-9a57-2f1d7c9e0a11`;
const UPDATED = 'avi:jira:updated:issue';
const COMMENTED = 'avi:jira:commented:issue';
const INSTALLED = 'avi:forge:installed:app';

async function start(t: TestContext, number: number): Promise<{ emulator: Emulator; origin: string; jira: TenantJira; jiraUrl: string; tenants: Tenant[] }> {
  const tenants = Array.from({ length: number }, (_, index) => new Tenant(idOf(index + 1)));
  const jira = new TenantJira((installId) => tenants.find((tenant) => tenant.installId === installId)?.mark ?? 'nobody');
  const jiraUrl = await jira.start();
  const emulator = new Emulator(loadBundle('dist/bundle'), new SystemClock());
  const origin = await emulator.listen();
  t.after(async () => {
    await emulator.close();
    await jira.stop();
  });
  for (const tenant of tenants) await tenant.install(origin, jiraUrl);
  return { emulator, origin, jira, jiraUrl, tenants };
}

/** Random numbers that are the same in every run: mulberry32. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

type Step = (tenant: Tenant, other: Tenant) => Promise<unknown>;
const STEPS: Step[] = [
  (tenant) => tenant.exchange([tenant.snapshot()]),
  (tenant) => tenant.exchange([tenant.article()]),
  (tenant) => tenant.exchange([tenant.search()]),
  (tenant) => tenant.exchange([]),
  (tenant) => tenant.event(COMMENTED),
  (tenant) => tenant.event(UPDATED),
  (tenant) => tenant.admin('connection.status'),
  (tenant) => tenant.admin('settings.get'),
  (tenant) => tenant.admin('audit.list'),
  (tenant) => tenant.admin('audit.export', { format: 'csv' }),
  (tenant) => tenant.admin('commands.failed'),
  (tenant) => tenant.admin('privacy.export', { everything: true }),
  (tenant) => tenant.call('panel', 'panel.view'),
  (tenant) => tenant.call('panel', 'links.request', { ticketNumber: tenant.mark }),
  (tenant) => tenant.job('daily'),
  // Requests and calls that went astray: a request at the address of another installation, and an admin of another site.
  (tenant, other) => tenant.exchange([tenant.article()], other),
  (tenant, other) => tenant.call('admin', 'privacy.export', { everything: true }, `user-${other.installId}`),
];

async function interleaved(t: TestContext, number: number, steps: number, atOnce: number): Promise<void> {
  const { emulator, origin, tenants } = await start(t, number);
  await Promise.all(
    tenants.map(async (tenant) => {
      await tenant.connect();
      const linked = await tenant.exchange([tenant.link(), tenant.snapshot()]);
      assert.match(linked.body, /accepted/, linked.body);
      const { etag } = (await tenant.admin('settings.get')) as { etag: string };
      await tenant.admin('settings.set', { ifEtag: etag, value: { people: [{ zammad: 7, accountId: `acc-${tenant.mark}` }] } });
    }),
  );
  const random = seeded(number);
  const pick = <T>(list: T[]): T => list[random(list.length)] as T;
  for (let done = 0; done < steps; done += atOnce) {
    const calls = Array.from({ length: atOnce }, () => {
      const tenant = pick(tenants);
      const others = tenants.filter((other) => other !== tenant);
      return pick(STEPS)(tenant, pick(others));
    });
    await Promise.all(calls);
  }
  await control(origin, 'GET', 'idle');
  // The data of each one is read once more, when nothing runs any more.
  for (const tenant of tenants) {
    await tenant.admin('privacy.export', { everything: true });
    await tenant.exchange([]);
  }
  const logOf = new Map<string, string[]>();
  for (const entry of emulator.log.entries) {
    const { installId = '' } = entry;
    const lines = logOf.get(installId) ?? [];
    lines.push(JSON.stringify(entry));
    logOf.set(installId, lines);
  }
  for (const tenant of tenants) {
    const [shown, stored, log] = [tenant.shown.join('\n'), await tenant.stored(), (logOf.get(tenant.installId) ?? []).join('\n')];
    assert.ok(shown.includes(tenant.mark) && stored.includes(tenant.mark), `${tenant.installId} has nothing of its own`);
    for (const other of tenants) {
      if (other === tenant) continue;
      for (const [where, text] of Object.entries({ shown, stored, log })) {
        assert.ok(!text.includes(other.mark), `${where} of ${tenant.installId} has something of ${other.installId}`);
      }
    }
    const printed = emulator.log.entries.filter((entry) => entry.kind === 'console' && entry.installId === tenant.installId);
    assert.ok(!JSON.stringify(printed).includes(tenant.mark), 'content in the log');
    assert.ok(!shown.includes('record-of-another-installation'));
  }
  assert.deepEqual(emulator.log.entries.filter(({ kind }) => kind === 'violation'), []);
}

test('two installations share nothing', (t) => interleaved(t, 2, 400, 20));
test('fifty installations share nothing', (t) => interleaved(t, 50, 1_500, 50));

test('an uninstall of ten thousand records leaves an empty storage, and the next installation starts clean', async (t) => {
  const { emulator, origin, jira, jiraUrl, tenants } = await start(t, 2);
  const [tenant, other] = tenants as [Tenant, Tenant];
  for (const each of [tenant, other]) {
    await each.connect();
    await each.exchange([each.link(), each.snapshot()]);
  }
  const { values } = emulator.find(tenant.installId).installation.kvs;
  const owned = (value: unknown): object => ({ installId: tenant.installId, value });
  for (let ticket = 1; ticket <= 1_000; ticket += 1) {
    const link = { ticketId: ticket, ticketNumber: '1', ticketUrl: 'https://x.example/', issueId: '10007', issueKey: 'PROJ-7', linkedAt: 0 };
    values.set({ key: `link:t:${ticket}`, value: owned([link]) });
  }
  for (let number = 0; number < 9_000; number += 1) values.set({ key: `file:1:${number}`, value: owned([]) });
  const before = await other.stored();
  // The other functions that look at everything end in their time too.
  assert.deepEqual(await tenant.job('daily'), { statusCode: 204 });
  let [cursor, exported]: [string | undefined, number] = [undefined, 0];
  do {
    const page = (await tenant.admin('privacy.export', { everything: true, ...(cursor === undefined ? {} : { cursor }) })) as { records: object[]; cursor?: string };
    exported += page.records.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  assert.ok(exported >= 10_000, String(exported));

  emulator.log.recording = false;
  await control(origin, 'POST', 'usage/reset');
  const started = performance.now();
  const report = (await tenant.job('clean-up')) as { left: string[]; remoteLinks: number; remoteLinksLeft: number; erased: Record<string, number> };
  const tookMs = performance.now() - started;
  const used = (emulator.find(tenant.installId).installation.usage as unknown as { toJSON(): Record<string, { rounds: object; otherCalls: number; jiraCalls: number }> }).toJSON()['pre-uninstall-handler'];
  t.diagnostic(`clean-up of 10,000 records and 1,000 links: ${Math.round(tookMs)} ms, ${JSON.stringify(used)}`);
  assert.deepEqual([report.left, report.remoteLinks, report.remoteLinksLeft], [[], 1_000, 0], JSON.stringify(report));
  assert.equal(await tenant.stored(), '{"values":{},"secrets":{}}');
  assert.ok(tookMs < 55_000);
  assert.ok(jira.deleted.every((call) => call.startsWith(tenant.installId)), 'issues of the other site');
  assert.equal(await other.stored(), before);

  // The sidecar of before is refused, as long as there is the address, and afterwards.
  assert.equal((await tenant.exchange([])).status, 401);
  await control(origin, 'DELETE', `installations/${tenant.installId}`);
  assert.equal((await tenant.exchange([])).status, 404);

  // Installed again, while the app has no permissions yet.
  await tenant.install(origin, jiraUrl);
  await control(origin, 'POST', 'faults', { target: 'events', installId: tenant.installId, retryDelayMs: 1 });
  jira.status = 403;
  await tenant.event(INSTALLED);
  emulator.log.recording = true;
  while (!emulator.log.entries.some((entry) => entry.kind === 'event' && entry.outcome === 'retrying')) await new Promise(setImmediate);
  jira.status = undefined;
  await control(origin, 'GET', 'idle');
  const { entries } = (await tenant.admin('audit.list')) as { entries: { action: string; detail: object }[] };
  assert.deepEqual(entries.map(({ action, detail }) => ({ action, detail })), [{ action: 'app-installed', detail: { version: '2.0.0' } }]);
  assert.deepEqual(((await tenant.admin('connection.status')) as { liveKeys: string[] }).liveKeys, []);
});

test('without a licence the real app is read-only, and its report of accounts reaches the platform', async (t) => {
  const { origin, tenants } = await start(t, 1);
  const [tenant] = tenants as [Tenant];
  await tenant.connect();
  await tenant.exchange([tenant.link()]);
  await control(origin, 'POST', `licence/${tenant.installId}`, { active: false });
  assert.match((await tenant.exchange([tenant.article()])).body, /licence-inactive/);
  assert.equal(((await tenant.admin('connection.status')) as { licence?: string }).licence, 'inactive');
  assert.deepEqual(await tenant.admin('connection.rotate'), { error: 'licence-inactive', licence: 'inactive' });
  await control(origin, 'POST', `licence/${tenant.installId}`, { active: true });
  assert.match((await tenant.exchange([tenant.article()])).body, /accepted/);

  const admin = `admin-${tenant.installId}`;
  await control(origin, 'POST', `accounts/${tenant.installId}`, { [admin]: 'closed' });
  assert.deepEqual(await tenant.job('daily'), { statusCode: 204 });
  const { reported } = (await control(origin, 'GET', `accounts/${tenant.installId}`)).body as { reported: { accountId: string }[] };
  assert.ok(reported.some(({ accountId }) => accountId === admin), JSON.stringify(reported));
  const entries = ((await tenant.admin('audit.list')) as { entries: { accountId?: string; action: string }[] }).entries;
  assert.ok(entries.some(({ action }) => action === 'closed-accounts-erased'));
  assert.equal(entries.find(({ action }) => action === 'connection-created')?.accountId, 'erased');
});
