// The tab "Connection" of the admin page in every state, as the tree of components that it renders. Needs `npm run bundle`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Page } from './ui-tree.ts';

const ADMIN = 'dist/bundle/ui/admin-page';
const INSTALL = '0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11';
const SECRET = '5f0c1d7ab93e48266e91f4c80d37a25be4188c6f02d95b7f3a61ee0947c2d813';
const base = { installId: INSTALL, webTriggerUrl: 'https://forge.example/x1/t', liveKeys: ['k1'], nextSeenAt: null, appVersion: '0.1.0', minSidecar: '0.1.0', sidecar: null };
const sidecar = { version: '0.1.0', instance: 'connector-1', startedAt: '2026-11-29T08:00:00Z', hello: { privacyMode: true, zammadVersion: '6.5.1', zammadUrl: 'https://help.example' } };
const condition = { problems: [], warnings: [], skewSeconds: 2, waitingTickets: 3, waitingMessages: 4, failedMessages: 0, oldestMs: 0 };
const connected = { ...base, state: 'connected', sidecar, status: condition, ageMs: 65_000 };

/** A page whose `connection.status` has these answers one after the other; the last one stays. */
function page(states: object[], others: Record<string, unknown> = {}, locale = 'en-US'): Page {
  let next = 0;
  const answers = (functionKey: string): unknown => (functionKey === 'connection.status' ? states[Math.min(next++, states.length - 1)] : others[functionKey]);
  return new Page(ADMIN, answers, { locale });
}

test('the first visit offers to connect, and nothing else', async () => {
  for (const [locale, title] of [['en-US', 'Connect a sidecar'], ['de-DE', 'Einen Sidecar verbinden']] as const) {
    const shown = page([{ ...base, liveKeys: [], state: 'new' }], {}, locale);
    await shown.until(({ text }) => text.call(shown).includes(title));
    assert.equal(shown.all('LoadingButton').length, 1);
  }
});

test('Connect shows the texts once and waits for the sidecar', async () => {
  const env = `FORGE_SHARED_SECRET=${SECRET}\n`;
  const made = { secret: SECRET, texts: { env, docker: 'docker run', compose: 'services:' } };
  const shown = page([{ ...base, liveKeys: [], state: 'new' }, { ...base, state: 'waiting' }], { 'connection.create': made });
  await shown.until(() => shown.text().includes('Connect a sidecar'));
  shown.press('Connect');
  await shown.until(() => shown.all('CodeBlock').length === 3 && shown.all('Spinner').length > 0);
  assert.deepEqual(shown.all('CodeBlock').map(({ props }) => props['text']), [env, 'services:', 'docker run']);
  assert.deepEqual(shown.calls.find(({ functionKey }) => functionKey === 'connection.create')?.payload, { replace: false });
});

test('a page that is loaded again cannot show the secret, and says so', async () => {
  const shown = page([{ ...base, state: 'waiting' }]);
  await shown.until(() => shown.text().includes('cannot be shown again'));
  assert.ok(shown.text().includes(INSTALL) && shown.all('CodeBlock').length === 0);
});

test('a connected sidecar is shown with its condition', async () => {
  const shown = page([connected]);
  await shown.until(() => shown.text().includes('It reported 1 minute ago.'));
  const words = shown.text();
  for (const expected of ['connected', 'connector-1', '6.5.1', 'https://help.example', 'no title, text, name or file', '3 tickets, 4 messages', '2 s']) assert.ok(words.includes(expected), expected);
});

test('problems and warnings are explained, unknown ones keep their code', async () => {
  const status = { ...condition, problems: ['clock-is-off'], warnings: ['webhooks-missing', 'something-new'] };
  const shown = page([{ ...connected, status }]);
  await shown.until(() => shown.all('SectionMessage').length === 3);
  assert.deepEqual(shown.all('SectionMessage').map(({ props }) => [props['appearance'], props['title']]), [['error', 'clock-is-off'], ['warning', 'webhooks-missing'], ['warning', 'something-new']]);
  assert.ok(shown.text().includes('check NTP there') && shown.text().includes('The operator’s guide explains this code.'));
  assert.ok(shown.text().includes('needs attention'));
});

test('a new secret is retired when the sidecar has used it', async () => {
  const rotating = { ...connected, liveKeys: ['k1', 'k2'] };
  const made = { secret: SECRET, texts: { env: `FORGE_SHARED_SECRET_NEXT=${SECRET}\n` } };
  const shown = page([connected, rotating, { ...rotating, nextSeenAt: 1 }, connected], { 'connection.rotate': made, 'connection.retire': {} });
  await shown.until(() => shown.text().includes('Change the secret'));
  shown.press('Make a new secret');
  await shown.until(() => shown.text().includes('Both secrets are valid'));
  assert.equal(shown.all('CodeBlock').length, 1);
  shown.press('Ask again');
  await shown.until(() => shown.text().includes('Retire the old secret'));
  shown.press('Retire the old secret');
  await shown.until(() => shown.text().includes('Make a new secret') && shown.all('CodeBlock').length === 0);
});

test('the end of the connection is confirmed, asked for, and can be forced', async () => {
  const ending = { ...connected, state: 'ending', ending: { requestedAt: Date.now() - 120_000, endedAt: null } };
  const shown = page([connected, ending, { ...base, liveKeys: [], state: 'ended' }], { 'connection.disconnect': {} });
  await shown.until(() => shown.text().includes('Disconnect'));
  shown.press('Disconnect');
  await shown.until(() => shown.all('Modal').length === 1);
  shown.press('Disconnect now');
  await shown.until(() => shown.text().includes('was asked to stop 2 minutes ago'));
  shown.press('End it without the sidecar');
  await shown.until(() => shown.all('Modal').length === 1);
  shown.press('Disconnect now');
  await shown.until(() => shown.text().includes('The connection was ended.'));
  assert.deepEqual(shown.calls.filter(({ functionKey }) => functionKey === 'connection.disconnect').map(({ payload }) => payload), [{ force: false }, { force: true }]);
});

test('a refusal is shown in words, and what was shown stays', async () => {
  const refused = page([{ error: 'forbidden' }]);
  await refused.until(() => refused.text().includes('You do not have the permission'));
  const later = page([connected, { error: 'unavailable' }]);
  await later.until(() => later.text().includes('It reported'));
  later.press('Ask again');
  await later.until(() => later.text().includes('could not be loaded'));
  assert.ok(later.text().includes('connector-1'));
});
