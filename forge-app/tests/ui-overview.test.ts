// The dashboard gadget and the project page, as the tree of components that they render. Needs `npm run bundle`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Page, wordsOf, type Answers, type Element } from './ui-tree.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const view = {
  ...{ now: NOW, at: NOW - 120_000, complete: true, projects: ['OTHER', 'PROJ'], issues: 3, tickets: 4, buckets: [2, 0, 1, 0], ages: [0, 2, 0, 0, 0] },
  top: [{ key: 'PROJ-8', waitingCustomers: 2 }],
  ...{ drift: { at: NOW - 3_600_000, report: { checked: 120, differed: 3, repaired: 2 } }, oldestWaiting: NOW - 30_000, sidecar: { connected: true } },
};
const none = { now: NOW, at: NOW, complete: true, projects: [], issues: 0, tickets: 0, buckets: [0, 0, 0, 0], ages: [0, 0, 0, 0, 0], top: [], sidecar: { connected: false } };
const open = (answers: Answers, extension = {}, locale = 'en-US'): Page => new Page('dist/bundle/ui/overview-page', answers, { locale, context: { extension } });
const data = (page: Page, kind: string): unknown => JSON.parse(JSON.stringify(page.all(kind)[0]?.props['data']));

test('counts are charts, and the same is said in words', async () => {
  const page = open(() => view);
  await page.until((shown) => shown.text().includes('3 issues with 4 tickets'));
  assert.deepEqual((data(page, 'DonutChart') as { count: number }[]).map(({ count }) => count), [2, 0, 1, 0]);
  assert.deepEqual((data(page, 'BarChart') as { count: number }[]).map(({ count }) => count), [0, 2, 0, 0, 0]);
  assert.deepEqual(data(page, 'HorizontalBarChart'), view.top);
  assert.deepEqual(page.all('Link').map((link: Element) => [link.props['href'], wordsOf(link)]), [['/browse/PROJ-8', 'PROJ-8']]);
  for (const words of [
    'Open: 2, Pending: 0, Closed: 1, Not known yet: 0',
    'Less than a week: 2',
    '99 % of 120 links agreed at the last comparison, 1 hour ago.',
    'The oldest change from Jira that waits for the connector is from 30 seconds ago.',
    'Counted 2 minutes ago.',
  ]) assert.ok(page.text().includes(words), `${words}: ${page.text()}`);
});

test('the gadget can be filtered by project, a project page shows its own', async () => {
  const page = open(() => view);
  await page.until((shown) => shown.all('Select').length === 1);
  const { options, onChange } = page.all('Select')[0]?.props as { options: { value: string }[]; onChange: (chosen: object) => void };
  assert.deepEqual(JSON.parse(JSON.stringify(options.map(({ value }) => value))), ['', 'OTHER', 'PROJ']);
  onChange({ label: 'PROJ', value: 'PROJ' });
  await page.until(() => page.calls.length === 2);
  assert.deepEqual(page.calls.map(({ payload }) => payload), [{}, { project: 'PROJ' }]);
  const ofProject = open(() => view, { project: { key: 'PROJ' } });
  await ofProject.until((shown) => shown.text().includes('3 issues'));
  assert.deepEqual([ofProject.calls, ofProject.all('Select').length], [[{ functionKey: 'overview.view', payload: { project: 'PROJ' } }], 0]);
});

test('without issues, without a connection, and when not all was counted', async () => {
  const page = open(() => ({ ...none, complete: false }));
  await page.until((shown) => shown.text().includes('0 issues with 0 tickets'));
  assert.deepEqual([page.all('DonutChart').length, page.all('BarChart').length], [0, 0]);
  for (const words of ['No change from Jira waits', 'It has not connected yet.', 'There are more links than were counted.']) assert.ok(page.text().includes(words), words);
});

test('an error is said and can be tried again; German', async () => {
  let broken = true;
  const page = open(() => (broken ? { error: 'unavailable' } : view), {}, 'de-DE');
  await page.until((shown) => shown.text().includes('Das konnte nicht geladen oder ausgeführt werden.'));
  broken = false;
  page.press('Noch einmal versuchen');
  await page.until((shown) => shown.text().includes('3 Vorgänge mit 4 Tickets') && !shown.text().includes('konnte nicht'));
});
