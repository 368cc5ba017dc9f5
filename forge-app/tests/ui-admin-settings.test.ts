// The tabs "Settings" and "Failures" of the admin page, as the tree of components that they render. Needs `npm run bundle`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Page, wordsOf, type Element } from './ui-tree.ts';

const ADMIN = 'dist/bundle/ui/admin-page';
const rule = { direction: 'both', conflict: 'newest' };
const settings = {
  fields: {
    title: rule,
    state: { ...rule, pairs: [{ zammad: { typeId: 2 }, jira: { category: 'new' }, direction: 'both' }], transitionFields: {}, pendingMinutes: 1440 },
    priority: { ...rule, pairs: [{ zammad: 2, jira: '3' }] },
    ...{ owner: rule, customer: { direction: 'off', conflict: 'newest' }, tags: { ...rule, prefix: '' }, custom: [] },
  },
  comments: { toJira: 'all', history: 'public', toZammad: true, kinds: { email: 'whole', automatic: 'no' }, deletions: 'tombstone', ticketDeleted: 'delete' },
  ...{ attachments: { direction: 'both', inlineFromBytes: 8192, maxBytes: 2621440 }, people: [{ zammad: 4, accountId: 'acc-4' }], scope: { projects: [], groups: [] }, serviceProjects: { publicComments: [] } },
};
const choices = {
  helpdesk: {
    at: 1,
    names: {
      ...{ states: [{ id: 2, name: 'open', typeId: 2, active: true }], priorities: [{ id: 2, name: '2 normal', active: true }], groups: [{ id: 1, name: '<b>Users</b>', active: true }] },
      agents: [{ id: 4, name: 'Nicole Braun', email: 'nicole@helpdesk.example' }, { id: 5, name: 'Ada Agent' }],
    },
  },
  jira: {
    projects: [{ id: '100', key: 'SUP', name: 'Support', service: true }],
    statuses: [{ id: '10001', name: 'Review', category: 'indeterminate' }],
    ...{ priorities: [{ id: '3', name: 'Medium' }], resolutions: [{ id: '1', name: 'Done' }] },
  },
};

type Answer = unknown | ((payload: Record<string, unknown>) => unknown);

/** Opens a tab of the editor. */
async function open(tab: string, answers: Record<string, Answer> = {}): Promise<Page> {
  const all: Record<string, Answer> = { 'connection.status': { error: 'unavailable' }, 'settings.get': { etag: '3', value: settings }, 'settings.choices': choices, 'settings.history': { versions: [] }, 'commands.failed': { commands: [] }, ...answers };
  const page = new Page(ADMIN, (key, payload) => (typeof all[key] === 'function' ? (all[key] as (payload: unknown) => unknown)(payload) : all[key]));
  await page.until(() => page.text().includes('Settings'));
  page.openTab('Settings');
  await page.until(() => page.all('Select').length > 0);
  page.openTab(tab);
  return page;
}

function select(page: Page, id: string): Element {
  const found = page.all('Select').find(({ props }) => [id, `-${id}`].some((end) => String(props['inputId']).endsWith(end)));
  assert.ok(found, `no list ${id}: ${page.all('Select').map(({ props }) => props['inputId']).join(', ')}`);
  return found;
}

const labels = (element: Element): string[] => Array.from(element.props['options'] as { label: string }[], ({ label }) => label);
const choose = (page: Page, id: string, value: unknown): void => {
  const { props } = select(page, id);
  const options = props['options'] as { value: unknown }[];
  const chosen = Array.isArray(value) ? value.map((one) => options.find((option) => option.value === one)) : options.find((option) => option.value === value);
  (props['onChange'] as (chosen: unknown) => void)(chosen);
};
const saved = (page: Page): unknown => page.calls.filter(({ functionKey }) => functionKey === 'settings.set').at(-1)?.payload;

test('states, statuses and groups are offered by name', async () => {
  const page = await open('States');
  await page.until(() => page.text().includes('which status of an issue mean the same'));
  assert.ok(labels(select(page, 'state-0')).includes('open (open)') && labels(select(page, 'state-0')).includes('every closed state'));
  assert.ok(labels(select(page, 'status-0')).includes('Review') && labels(select(page, 'status-0')).includes('every status “Done”'));
  assert.deepEqual(labels(select(page, 'groups')), ['<b>Users</b>'], 'a name is text');
  page.openTab('Fields');
  await page.until(() => page.text().includes('Customer and reporter'));
  assert.deepEqual(labels(select(page, 'way-customer')), ['to Jira only', 'not at all']);
});

const valueOf = (page: Page, id: string): unknown => (select(page, id).props['value'] as { value: unknown } | null)?.value;
const count = (page: Page, id: string): number => (select(page, id).props['value'] as unknown[]).length;

test('a change is saved against the version that was read, with everything else as it was', async () => {
  const page = await open('States', { 'settings.set': { etag: '4' } });
  await page.until(() => page.text().includes('mean the same'));
  choose(page, 'status-0', '10001');
  await page.until(() => valueOf(page, 'status-0') === '10001');
  choose(page, 'groups', [1]);
  await page.until(() => count(page, 'groups') === 1);
  page.press('Save');
  await page.until(() => page.text().includes('Saved.'));
  const pairs = [{ zammad: { typeId: 2 }, jira: { id: '10001' }, direction: 'both' }];
  const expected = { ...settings, fields: { ...settings.fields, state: { ...settings.fields.state, pairs } }, scope: { projects: [], groups: [1] } };
  assert.deepEqual(saved(page), { value: expected, ifEtag: '3' });
});

test('if somebody else has saved, the changes stay and can be saved over it', async () => {
  let etag = '3';
  const set = ({ ifEtag }: Record<string, unknown>): object => (ifEtag === '9' ? { etag: '10' } : { error: 'changed-meanwhile' });
  const page = await open('Scope', { 'settings.get': () => ({ etag, value: settings }), 'settings.set': set });
  choose(page, 'groups', [1]);
  await page.until(() => count(page, 'groups') === 1);
  etag = '9';
  page.press('Save');
  await page.until(() => page.text().includes('Somebody else has saved'));
  assert.equal(count(page, 'groups'), 1);
  page.press('Try again', page.all('Button').filter((button) => wordsOf(button) === 'Try again').length - 1);
  await page.until(() => !page.text().includes('Somebody else has saved'));
  page.press('Save');
  await page.until(() => page.text().includes('Saved.'));
});

test('a refused value is named', async () => {
  const page = await open('Scope', { 'settings.set': { error: 'invalid', field: 'fields.state.pairs', rule: 'twice' } });
  choose(page, 'groups', [1]);
  await page.until(() => count(page, 'groups') === 1);
  page.press('Save');
  await page.until(() => page.text().includes('fields.state.pairs breaks the rule “twice”'));
});

test('a check uses the settings in the editor and names what blocks', async () => {
  const blocked = [{ from: 'To Do', to: '10001', reason: 'field-required', field: 'customfield_7' }, { from: 'To Do', to: 'done', reason: 'no-path' }];
  const result = { missing: [{ field: 'fields.priority.pairs', value: '9' }], inScope: true, workflows: [{ issueType: 'Task', unknown: ['Done'], blocked }] };
  const page = await open('Check a project', { 'settings.preflight': result });
  await page.until(() => page.text().includes('Nothing is changed'));
  choose(page, 'project', 'SUP');
  await page.until(() => valueOf(page, 'project') === 'SUP');
  page.press('Check');
  await page.until(() => page.text().includes('Task: from “To Do” to “Review” the field customfield_7 is required'));
  const words = page.text();
  for (const expected of ['does not have 9', 'no way from “To Do” to “Done”', 'Task: Done']) assert.ok(words.includes(expected), expected);
  assert.deepEqual(page.calls.at(-1)?.payload, { project: 'SUP', value: settings });
});

test('earlier settings are put into the editor, not saved', async () => {
  const versions = [{ etag: '2', at: 1_790_000_000_000, accountId: 'acc-1', changed: [{ path: 'scope.groups', before: [], after: [1] }] }];
  const page = await open('History', { 'settings.history': { versions }, 'settings.version': { etag: '2', value: { ...settings, scope: { projects: [], groups: [1] } } } });
  await page.until(() => page.text().includes('scope.groups: [] → [1]'));
  page.press('Take over');
  await page.until(() => count(page, 'groups') === 1);
  assert.equal(saved(page), undefined);
});

test('people are shown by name, and a pasted list is read', async () => {
  const imported = { pairs: [{ zammad: 5, accountId: 'acc-5' }], faults: [{ line: 3, reason: 'agent' }] };
  const page = await open('People', { 'people.read': imported, 'settings.set': { etag: '4' } });
  await page.until(() => page.text().includes('Nicole Braun'));
  const area = page.all('TextArea')[0];
  (area?.props['onChange'] as (event: unknown) => void)({ target: { value: 'ada@x;acc-5' } });
  await page.until(() => page.all('TextArea')[0]?.props['value'] === 'ada@x;acc-5');
  page.press('Read the list');
  await page.until(() => page.text().includes('Ada Agent') && page.text().includes('Line 3: no agent has this id or address'));
  page.press('Save');
  await page.until(() => page.text().includes('Saved.'));
  assert.deepEqual((saved(page) as { value: typeof settings }).value.people, [...settings.people, ...imported.pairs]);
});

test('without names of the helpdesk the page says so', async () => {
  const page = await open('Scope', { 'settings.choices': { ...choices, helpdesk: null } });
  assert.ok(page.text().includes('No sidecar has told the names'));
});

test('what cannot be loaded is named and can be tried again', async () => {
  let works = false;
  const page = new Page(ADMIN, (key) => (key === 'settings.get' ? { etag: '3', value: settings } : key === 'settings.choices' && works ? choices : { error: 'jira-unavailable' }));
  await page.until(() => page.text().includes('Settings'));
  page.openTab('Settings');
  await page.until(() => page.all('SectionMessage').length === 2);
  assert.ok(page.text().includes('jira-unavailable'));
  works = true;
  page.press('Try again', 1);
  await page.until(() => page.all('Select').length > 0);
});

test('failures are listed, tried again and given up', async () => {
  const commands = [{ id: '01M3', kind: 'comment.added', issueKey: 'SUP-7', code: 'zammad-refused', failedAt: 1_790_000_000_000 }];
  let left = commands;
  const answers: Record<string, () => unknown> = { 'commands.failed': () => ({ commands: left }), 'commands.retry': () => ((left = []), { done: ['01M3'] }) };
  const page = new Page(ADMIN, (key) => answers[key]?.() ?? { state: 'new', liveKeys: [] });
  await page.until(() => page.text().includes('Failures'));
  page.openTab('Failures');
  await page.until(() => page.text().includes('zammad-refused') && page.text().includes('New comment') && page.text().includes('SUP-7'));
  page.press('Try again');
  await page.until(() => !page.text().includes('zammad-refused'));
  assert.deepEqual(page.calls.find(({ functionKey }) => functionKey === 'commands.retry')?.payload, { ids: ['01M3'] });
});
