// The issue panel as the tree of components that it renders. Needs `npm run bundle`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Page, wordsOf, type Answers, type Element } from './ui-tree.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const HOUR = 3_600_000;
const ticket = {
  ...{ ticketId: 42, number: '50042', url: 'https://help.example/#ticket/zoom/42', primary: true, linkedAt: NOW, waiting: 0, refreshing: false },
  ...{ at: NOW - 60_000, ageMs: 60_000, bucket: 'open', state: 'new', title: 'Printer on fire', priority: { id: 3, name: '3 high' } },
  ...{ group: { id: 1, name: 'Support' }, owner: { id: 4, name: 'Nicole Braun' }, customer: { id: 9, name: 'Emma Taylor' } },
  ...{ changed: '2026-11-29T09:00:00Z', demanded: [], problems: [] },
};
const impact = { tickets: 1, known: 1, customers: 1, waitingCustomers: 1, oldestOpen: '2026-11-22T12:00:00Z', highestPriority: { id: 3, name: '3 high' } };
const full = { now: NOW, tickets: [ticket], total: 1, asked: [], impact, may: { edit: true }, sidecar: { connected: true, lastContact: NOW }, waitingMore: false };
const empty = { now: NOW, tickets: [], total: 0, asked: [] };
const sharing = {
  ...{ comments: { toJira: 'public', history: 'none', toZammad: true }, files: { direction: 'both', maxBytes: 2_621_440 } },
  ...{ fields: [{ name: 'state', direction: 'both' }, { name: 'custom', direction: 'toJira' }], sidecar: { connected: true } },
};

const open = (answers: Answers, locale = 'en-US'): Page => new Page('dist/bundle/ui/panel', answers, { locale });
const showing = (view: object): Page => open(() => view);
const lozenges = (page: Page): unknown[] => page.all('Lozenge').map((it: Element) => [it.props['appearance'], wordsOf(it)]);
/** Types into the one text field of the page. */
const type = (page: Page, value: string): void => (page.all('Textfield')[0]?.props['onChange'] as (event: object) => void)({ target: { value } });
const functions = (page: Page): string[] => page.calls.map(({ functionKey }) => functionKey);

test('says that it is loading, with one call for the first content', async () => {
  const page = open(() => new Promise(() => {}));
  await page.until((shown) => shown.all('Spinner')[0]?.props['label'] === 'Loading' && page.calls.length > 0);
  assert.deepEqual(page.calls, [{ functionKey: 'panel.view', payload: {} }]);
});

test('shows a ticket with its values, their age, and links that open in a new tab', async () => {
  const page = showing(full);
  await page.until((shown) => shown.text().includes('Printer on fire'));
  await page.until((shown) => shown.text().includes('Values from 1 minute ago.'));
  const { href, openNewTab } = page.all('Link')[0]?.props as { href: string; openNewTab: boolean };
  assert.deepEqual([href, openNewTab], ['https://help.example/#ticket/zoom/42', true]);
  assert.deepEqual(lozenges(page), [['inprogress', 'new']]);
  for (const words of ['Ticket #50042', 'Priority: 3 high', 'Group: Support', 'Owner: Nicole Braun', 'Customer: Emma Taylor', 'Ticket changed 3 hours ago.']) {
    assert.ok(page.text().includes(words), words);
  }
  assert.deepEqual([page.all('SectionMessage').length, functions(page)], [0, ['panel.view']]);
});

test('shows the bucket as colour and the primary among several tickets, with counts over all', async () => {
  const other = { ...ticket, ticketId: 43, number: '50043', primary: false, bucket: 'pending', state: null, title: 'Second', owner: null };
  const closed = { ...ticket, ticketId: 44, number: '50044', primary: false, bucket: 'closed', state: null, title: 'Third' };
  const page = showing({ ...full, tickets: [ticket, other, closed], total: 12, impact: { ...impact, tickets: 12, known: 11, customers: 5, waitingCustomers: 4 } });
  await page.until((shown) => shown.text().includes('Third'));
  assert.deepEqual(lozenges(page), [['inprogress', 'new'], [undefined, 'Primary'], ['moved', 'Pending'], ['success', 'Closed']]);
  for (const words of ['12 tickets of 5 customers; 4 customers wait.', 'created last week', 'Highest priority: 3 high', 'The values of 1 tickets', '9 more tickets', 'Nobody owns it.']) {
    assert.ok(page.text().includes(words), `${words}: ${page.text()}`);
  }
});

test('an issue without tickets says so and offers to link one', async () => {
  const page = showing(empty);
  await page.until((shown) => shown.text().includes('No Zammad ticket is linked'));
  assert.deepEqual(page.all('Button').map(wordsOf), ['Link a ticket']);
});

test('a user who may not edit gets no buttons that change links', async () => {
  const page = showing({ ...full, may: { edit: false } });
  await page.until((shown) => shown.text().includes('Printer on fire'));
  assert.deepEqual(page.all('Button').map(wordsOf), ['Refresh']);
});

test('an error is said and can be tried again', async () => {
  let broken = true;
  const page = open(() => (broken ? { error: 'unavailable' } : full));
  await page.until((shown) => shown.text().includes('This could not be loaded or done.'));
  broken = false;
  page.press('Try again');
  await page.until((shown) => shown.text().includes('Printer on fire') && !shown.text().includes('could not be loaded or done'));
});

test('says why something is not in sync, with codes that have no text of their own', async () => {
  const problems = [
    { subject: 'priority', code: 'unmapped', since: '2026-11-29T10:00:00Z' },
    { subject: 'article', code: 'jira-forbidden', since: '2026-11-29T11:00:00Z', nextTry: '2026-11-29T12:05:00Z' },
    { subject: 'hologram', code: 'from-the-future', since: 'nonsense', nextTry: '2026-11-29T11:00:00Z' },
  ];
  const page = showing({ ...full, tickets: [{ ...ticket, problems, demanded: ['category'] }] });
  await page.until((shown) => shown.text().includes('Not in sync') || shown.all('SectionMessage').length === 1);
  for (const words of [
    'Priority: there is no matching value on the other side. An admin can add it to the mapping. Since 2 hours ago.',
    'An article: the app lacks a permission in Jira. Since 1 hour ago. Tried again in 5 minutes.',
    'hologram: the code is from-the-future. The operator of the connector finds it in the documentation (codes).',
    'Zammad refuses every change until these have a value: category',
  ]) assert.ok(page.text().includes(words), `${words}: ${page.text()}`);
  assert.ok(!page.text().includes('Tried again 1 hour ago'));
});

test('a connection that is away, privacy mode, an issue that cannot be read, and what waits are said', async () => {
  const away = { connected: false, lastContact: NOW - 2 * HOUR, privacyMode: true };
  const bare = { ...ticket, title: null, state: null, owner: { id: 4, name: null }, customer: { id: 9, name: null }, waiting: 3 };
  const page = showing({ ...full, tickets: [bare], sidecar: away, unreadableSince: NOW - 24 * HOUR, waitingMore: true });
  await page.until((shown) => shown.text().includes('It was last heard 2 hours ago.'));
  for (const words of ['Privacy mode is on', 'has not been able to read this issue since yesterday', 'Many changes wait', '3 changes from Jira wait']) {
    assert.ok(page.text().includes(words), `${words}: ${page.text()}`);
  }
  assert.deepEqual(lozenges(page), [['inprogress', 'Open']]);
  assert.ok(!page.text().includes('Customer:') && !page.text().includes('Owner:'));
});

test('values that are on their way are looked for again, twice and no more', async () => {
  const { at, ageMs, title, ...unknown } = { ...ticket, refreshing: true };
  const page = showing({ ...full, tickets: [unknown] });
  await page.until((shown) => shown.text().includes('The values are on their way.'));
  await page.until(() => page.calls.length === 3);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(page.calls.length, 3);
});

test('refresh has the ticket read again', async () => {
  const page = open((functionKey) => (functionKey === 'panel.view' ? full : {}));
  await page.until((shown) => shown.text().includes('Printer on fire'));
  page.press('Refresh');
  await page.until(() => functions(page).length === 3);
  assert.deepEqual(page.calls.slice(1), [{ functionKey: 'links.retry', payload: { ticketId: 42 } }, { functionKey: 'panel.view', payload: {} }]);
});

test('unlink asks first, and shows a refusal', async () => {
  let view: object = full;
  let answer: object = { error: 'forbidden' };
  const page = open((functionKey) => {
    if (functionKey === 'panel.view') return view;
    if (!('error' in answer)) view = empty;
    return answer;
  });
  await page.until((shown) => shown.text().includes('Printer on fire'));
  page.press('Unlink');
  await page.until((shown) => shown.all('Button').map(wordsOf).includes('Cancel'));
  assert.ok(page.text().includes('What was carried stays on both sides.'));
  page.press('Cancel');
  await page.until((shown) => !shown.all('Button').map(wordsOf).includes('Cancel'));
  assert.deepEqual(functions(page), ['panel.view']);
  page.press('Unlink');
  await page.until((shown) => shown.all('Button').map(wordsOf).includes('Cancel'));
  page.press('Unlink');
  await page.until((shown) => shown.text().includes('You do not have the permission for this.'));
  answer = {};
  page.press('Unlink');
  await page.until((shown) => shown.text().includes('No Zammad ticket is linked'));
  assert.deepEqual(page.calls.filter(({ functionKey }) => functionKey === 'links.remove').map(({ payload }) => payload), [{ ticketId: 42 }, { ticketId: 42 }]);
});

test('linking says before what it shares, keeps what was typed when it is refused, and shows the request', async () => {
  let refusal: string | undefined = 'project-out-of-scope';
  let view: object = empty;
  const page = open((functionKey) => {
    if (functionKey === 'panel.view') return view;
    if (functionKey === 'links.sharing') return sharing;
    if (refusal) return { error: refusal };
    view = { ...full, tickets: [], total: 0, asked: [{ ticket: '50077', at: NOW - 1_000, state: 'waiting' }] };
    return {};
  });
  await page.until((shown) => shown.text().includes('No Zammad ticket is linked'));
  page.press('Link a ticket');
  await page.until((shown) => shown.all('ListItem').length > 0);
  assert.deepEqual(page.all('ListItem').map(wordsOf), [
    'Public articles of the ticket become comments.',
    'Earlier articles stay in Zammad.',
    'Comments of this issue become internal notes of the ticket.',
    'Files up to 2560 KiB (both ways)',
    'Fields: Status (both ways), A custom field (to Jira)',
  ]);
  type(page, '50077');
  await page.until((shown) => shown.all('Textfield')[0]?.props['value'] === '50077');
  page.press('Link');
  await page.until((shown) => shown.text().includes('This project is not connected with Zammad.'));
  assert.equal(page.all('Textfield')[0]?.props['value'], '50077');
  refusal = undefined;
  page.press('Link');
  await page.until((shown) => shown.text().includes('Link to 50077 requested 1 second ago'));
  assert.deepEqual(page.calls.filter(({ functionKey }) => functionKey === 'links.request').at(-1)?.payload, { ticketNumber: '50077' });
  assert.equal(page.all('Textfield').length, 0);
});

test('a request that failed says why', async () => {
  const asked = [
    { ticket: '1', at: NOW, state: 'failed', code: 'ticket-not-found' },
    { ticket: '2', at: NOW, state: 'failed', code: 'new-code' },
    { ticket: '3', at: NOW - HOUR, state: 'unanswered' },
  ];
  const page = showing({ ...full, tickets: [], total: 0, asked });
  await page.until((shown) => shown.text().includes('1 could not be linked: there is no ticket with this number'));
  assert.ok(page.text().includes('2 could not be linked: the code is new-code.') && page.text().includes('Link to 3 was requested 1 hour ago'));
});

test('in privacy mode a link shares no text', async () => {
  const page = open((functionKey) => (functionKey === 'panel.view' ? empty : { ...sharing, sidecar: { connected: false, privacyMode: true } }));
  await page.until((shown) => shown.text().includes('No Zammad ticket is linked'));
  page.press('Link a ticket');
  await page.until((shown) => shown.all('ListItem').length > 0);
  assert.ok(wordsOf(page.all('ListItem')[0] as Element).includes('no titles, names, texts or files'));
  assert.ok(page.text().includes('The connector is not connected'));
});

test('hostile titles and names stay text', async () => {
  const hostile = '<img src=x onerror=alert(1)>{number}${7*7}[x](javascript:alert(1))';
  const page = showing({ ...full, tickets: [{ ...ticket, url: undefined, title: hostile, state: hostile, group: { id: 1, name: hostile }, owner: { id: 1, name: hostile } }] });
  await page.until((shown) => shown.all('Heading').map(wordsOf).includes(hostile));
  assert.deepEqual([lozenges(page), page.all('Link').length], [[['inprogress', hostile]], 0]);
  assert.ok(page.text().includes(`Group: ${hostile}`), 'a name is not a template');
  for (const kind of ['Image', 'Frame', 'AdfRenderer']) assert.equal(page.all(kind).length, 0, kind);
});

test('German texts and times', async () => {
  const page = open(() => full, 'de-DE');
  await page.until((shown) => shown.text().includes('Stand der Werte: vor 1 Minute.'));
  assert.ok(page.text().includes('Ticket geändert: vor 3 Stunden.'));
});

test('both languages have the same texts with the same values, also for every code that the panel gets', () => {
  const read = (locale: string): object => JSON.parse(readFileSync(`locales/${locale}.json`, 'utf8')) as object;
  const flat = (it: object, trail = ''): [string, string][] => Object.entries(it).flatMap(([name, value]) => (typeof value === 'string' ? [[`${trail}${name}`, (value.match(/\{\w+\}/g) ?? []).sort().join()] as [string, string]] : flat(value as object, `${trail}${name}.`)));
  assert.deepEqual(flat(read('de-DE')).sort(), flat(read('en-US')).sort());
});
