// The tabs "audit log" and "personal data" of the admin page, as trees of components. Needs `npm run bundle`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Page, wordsOf, type Answers, type Element, type PageOptions } from './ui-tree.ts';

const ADMIN = 'dist/bundle/ui/admin-page';
const AT = Date.parse('2026-11-24T08:15:30Z');
const HOSTILE = '=cmd|\' /C calc\'!A0"><script>alert(1)</script>';
const KINDS = { kinds: [{ kind: 'nonce', key: 'nonce:…', personal: 'none', lifetime: 'seconds', seconds: 420 }, { kind: 'audit', key: 'audit:…', personal: 'ids', lifetime: 'newest' }] };

function answers(more: Record<string, (payload: Record<string, unknown>) => unknown> = {}): Answers {
  const known: typeof more = {
    'audit.list': () => ({ entries: [{ at: AT, action: 'settings-changed', accountId: 'acc-1', detail: { etag: '3' } }], refusals: [] }),
    'privacy.stored': () => KINDS,
    ...more,
  };
  return (name, payload) => (known[name] ?? (() => ({ error: 'unknown-function' })))(payload);
}

const AUDIT = 'audit.title';
const PRIVACY = 'privacy.title';
const TITLES: Record<string, Record<string, string>> = { 'en-US': { [AUDIT]: 'Audit log', [PRIVACY]: 'Personal data' }, 'de-DE': { [PRIVACY]: 'Personenbezogene Daten' } };

/** The page with one of its tabs open. */
async function open(tab: string, given: Answers, options: PageOptions = {}): Promise<Page> {
  const title = TITLES[options.locale ?? 'en-US']?.[tab] ?? '';
  const page = new Page(ADMIN, given, options);
  await page.until((shown) => shown.all('Tab').some((found) => wordsOf(found) === title));
  page.openTab(title);
  return page;
}

function byId(page: Page, id: string): Element {
  const found = ['Textfield', 'TextArea', 'DatePicker'].flatMap((type) => page.all(type)).find(({ props }) => String(props['id']).endsWith(id)); // UI Kit puts the app's id in front
  if (!found) throw new Error(`no field ${id}`);
  return found;
}
const type = (page: Page, id: string, value: string): void => (byId(page, id).props['onChange'] as (event: object) => void)({ target: { value } });
const calls = (page: Page, name: string): unknown[] => page.calls.filter(({ functionKey }) => functionKey === name).map(({ payload }) => payload);
const isShown = (words: string) => (page: Page): boolean => JSON.stringify(page.tree).includes(words);
const hasButton = (words: string, enabled = true) => (page: Page): boolean => page.all('Button').some((button) => wordsOf(button) === words && (button.props['isDisabled'] === true) !== enabled);

test('the audit log shows entries and refusals, filters, and loads more', async () => {
  const page = await open(AUDIT, answers({
    'audit.list': ({ cursor }) =>
      cursor === undefined
        ? { entries: [{ at: AT, action: 'settings-changed', accountId: HOSTILE, detail: { etag: HOSTILE } }], refusals: [{ reason: 'admin-forbidden', count: 3, lastAt: AT }], cursor: 'next' }
        : { entries: [{ at: AT - 1_000, action: 'app-installed', detail: null }] },
  }));
  await page.until(isShown('admin-forbidden: 3 times, last 2026-11-24 08:15:30'));
  assert.ok(isShown(JSON.stringify(HOSTILE).slice(1, -1))(page), 'a hostile text is a text');
  assert.ok(isShown('2026-11-24 08:15:30')(page));
  page.press('Show more');
  await page.until(isShown('app-installed'));
  assert.ok(isShown('settings-changed')(page) && !hasButton('Show more')(page));
  type(page, 'audit-action', ' key-rotated ');
  (byId(page, 'audit-from').props['onChange'] as (day: string) => void)('2026-11-01');
  (byId(page, 'audit-to').props['onChange'] as (day: string) => void)('2026-11-02');
  await page.until((shown) => byId(shown, 'audit-action').props['value'] === ' key-rotated ');
  page.press('Filter');
  await page.until((shown) => calls(shown, 'audit.list').some((payload) => JSON.stringify(payload).includes('key-rotated')));
  const sent = calls(page, 'audit.list').at(-1);
  assert.deepEqual(sent, { filter: { action: 'key-rotated', from: Date.parse('2026-11-01'), to: Date.parse('2026-11-03') - 1 } });
});

test('the export is shown part by part, to copy', async () => {
  const page = await open(AUDIT, answers({ 'audit.export': ({ cursor }) => (cursor === undefined ? { text: 'first part', cursor: 'c1' } : { text: `part after ${String(cursor)}` }) }));
  await page.until(hasButton('Export CSV'));
  page.press('Export CSV');
  await page.until((shown) => shown.all('TextArea').some(({ props }) => props['value'] === 'first part'));
  page.press('Next part');
  await page.until((shown) => shown.all('TextArea').some(({ props }) => props['value'] === 'part after c1'));
  assert.ok(isShown('This is the last part.')(page) && !hasButton('Next part')(page));
  assert.deepEqual(calls(page, 'audit.export').at(-1), { format: 'csv', cursor: 'c1' });
});

test('a refusal is said in plain words', async () => {
  const audit = await open(AUDIT, answers({ 'audit.list': () => ({ error: 'forbidden' }) }));
  await audit.until(isShown('You do not have the permission for this.'));
  const privacy = await open(PRIVACY, answers({ 'privacy.stored': () => ({ error: 'strange-code' }) }));
  await privacy.until(isShown('This was refused (code strange-code).'));
});

test('what the app stores is a table, in the language of the user', async () => {
  const page = await open(PRIVACY, answers(), { locale: 'de-DE' });
  await page.until(isShown('nach höchstens 1 Stunden'));
  assert.ok(isShown('Zufallszahl einer Anfrage')(page) && isShown('nonce:…')(page) && isShown('Was die App speichert')(page));
});

test('an erasure needs its confirmation, continues until it is done, and says what was erased', async () => {
  const page = await open(PRIVACY, answers({
    'privacy.erase': ({ cursor }) => (cursor === undefined ? { done: false, erased: { command: 2 }, cursor: 'seen/x' } : { done: true, erased: { command: 1, settings: 1 }, commandId: 'c' }),
  }));
  await page.until(hasButton('Erase', false));
  type(page, 'privacy-id', 'acc-1');
  await page.until(hasButton('Erase'));
  page.press('Erase');
  await page.until(hasButton('Erase now', false));
  type(page, 'erase-confirm', 'acc-2');
  await page.until((shown) => byId(shown, 'erase-confirm').props['value'] === 'acc-2');
  assert.ok(hasButton('Erase now', false)(page), 'another id is no confirmation');
  type(page, 'erase-confirm', 'acc-1');
  await page.until(hasButton('Erase now'));
  page.press('Erase now');
  await page.until(isShown('Changes in Jira that wait for the sidecar: comments, fields, names of authors: 3'));
  assert.ok(isShown('The sidecar was asked to erase the person in the helpdesk.')(page));
  assert.deepEqual(calls(page, 'privacy.erase'), [{ accountId: 'acc-1', confirm: 'acc-1' }, { accountId: 'acc-1', confirm: 'acc-1', cursor: 'seen/x' }]);
});
