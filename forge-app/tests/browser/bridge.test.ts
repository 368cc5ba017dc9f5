// The bridge between an app and the product, in a browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { A, control } from '../support.ts';
import { startGallery, type Gallery } from './gallery.ts';
import { launch, openPage, type Look } from './support.ts';

let gallery: Gallery;
let browser: Browser;

before(async () => {
  [gallery, browser] = await Promise.all([startGallery(), launch()]);
});
after(async () => {
  await browser?.close();
  await gallery?.close();
});

async function open(moduleKey: string, look: Look): Promise<Page> {
  return (await openPage(browser, moduleKey, look, gallery.pages)).page;
}

const answer = async (page: Page): Promise<unknown> => JSON.parse((await page.getByText('Answer:').locator('code').textContent()) ?? 'null');

test('invoke reaches the resolver with the context and the principal of the visit', async () => {
  const page = await open('small-context', { account: 'a1', issue: 'SUP-1', locale: 'de-DE', theme: 'dark', license: 'inactive' });
  await page.getByText('Theme: dark').waitFor();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText('"principal"').waitFor();
  const { call, context, backend } = (await answer(page)) as Record<string, Record<string, unknown>>;
  assert.deepEqual(call, { functionKey: 'echo', payload: { asked: 1 } });
  const { moduleKey, locale, theme, extension, accountId, environmentType, license } = context ?? {};
  assert.deepEqual([moduleKey, locale, theme, environmentType, accountId], ['small-context', 'de-DE', { colorMode: 'dark' }, 'DEVELOPMENT', undefined]);
  const { issue, project, type } = extension as Record<string, unknown>;
  assert.deepEqual([type, issue, project], ['jira:issueContext', { id: '10001', key: 'SUP-1', type: 'Bug', typeId: '10002' }, { id: '10000', key: 'SUP', type: 'software' }]);
  assert.deepEqual(backend?.['principal'], { accountId: 'a1' });
  assert.equal((license as { active: boolean }).active, false);
});

test('an error of a resolver, of the app, and an operation that is not modelled are all visible', async () => {
  const page = await open('small-project', { account: 'a1', project: 'SUP' });
  await page.getByRole('button', { name: 'Ask in vain' }).click();
  await page.getByText('{"refused":"Error: as asked"}').waitFor();
  await page.getByRole('button', { name: 'Throw' }).click();
  await page.getByText('onClick: as pressed').waitFor();
  await page.getByRole('button', { name: 'Request Jira' }).click();
  await page.getByText('the bridge operation "fetchProduct" is not modelled').waitFor();
});

test('a flag shows, acts, and closes', async () => {
  const page = await open('small-gadget', { account: 'a1' });
  await page.getByRole('button', { name: 'Flag' }).click();
  await page.getByText('It says something').waitFor();
  await page.getByRole('button', { name: 'Act', exact: true }).click();
  await page.getByText('"acted"').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('It says something').waitFor({ state: 'detached' });
});

test('a gadget stores its settings, and no other page can', async () => {
  const gadget = await open('small-gadget', { account: 'a1', entry: 'edit' });
  await gadget.getByRole('button', { name: 'Submit' }).click();
  await gadget.getByText('"submitted"').waitFor();
  const shown = await open('small-gadget', { account: 'a1' });
  await shown.getByText('"gadgetConfiguration":{"days":7}').waitFor();
  const other = await open('small-project', { account: 'a1', project: 'SUP' });
  await other.getByRole('button', { name: 'Submit' }).click();
  await other.getByText("this resource's view is not submittable.").waitFor();
});

test('navigation leaves the page for the site, and refresh begins the app anew', async () => {
  const page = await open('small-context', { account: 'a1', issue: 'SUP-1' });
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText('"principal"').waitFor();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByText('"principal"').waitFor({ state: 'detached' });
  const { jiraUrl } = gallery.emulator.find(A).installation;
  await page.getByRole('button', { name: 'Navigate' }).click();
  await page.waitForURL(`${jiraUrl}/browse/SUP-2`);
});

test('the app in its frame reaches nothing but its own files', async () => {
  const page = await open('small-project', { account: 'a1', project: 'SUP' });
  await page.getByText('Theme:').waitFor();
  const frame = page.frames().find((one) => one.url().endsWith('/frame/'));
  const tried = await frame?.evaluate(async (log) => fetch(log).then(() => 'reached', () => 'refused'), `${gallery.origin}/__emulator/log`);
  assert.equal(tried, 'refused');
  assert.equal(await frame?.evaluate(async () => (await fetch('./__LOCALES__/en-US.json')).status), 200);
});

test('a visit that cannot be is a page that says why', async () => {
  const visit = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`${gallery.pages}/${path}`);
    return [response.status, await response.text()];
  };
  const cases: [string, number, RegExp][] = [
    ['nothing', 404, /the manifest has no page nothing; it has/],
    ['small-context', 404, /add \?issue=KEY/],
    ['small-project', 404, /add \?project=KEY/],
    ['small-context?issue=SUP-9', 404, /Jira answered 404 for this issue/],
    ['small-context?issue=SUP-1&account=stranger', 404, /Jira answered 404 for this issue/],
    ['gallery-admin?locale=../x', 400, /locale: must be like en-US/],
    ['gallery-admin?theme=pink', 400, /theme: must be light or dark/],
    ['gallery-admin?entry=edit', 404, /no page of settings/],
  ];
  for (const [path, status, text] of cases) {
    const [seen, body] = await visit(path);
    assert.equal(seen, status, path);
    assert.match(body, text);
  }
  const escaped = await visit(`gallery-admin/frame/${encodeURIComponent('../../index.cjs')}`);
  assert.equal(escaped[0], 404);
});

test('a control request for a resolver gets the same context as a page', async () => {
  const call = { installId: A, functionKey: 'answers', accountId: 'a1', payload: { functionKey: 'echo', payload: {} } };
  const invoke = async (more: object): Promise<{ status: number; body: unknown }> => control(gallery.origin, 'POST', 'invoke', { ...call, ...more });
  const plain = (await invoke({})).body as { context: Record<string, unknown> };
  assert.deepEqual([plain.context['moduleKey'], plain.context['extension']], ['small-context', {}]);
  const full = (await invoke({ moduleKey: 'small-context', issue: 'SUP-1', locale: 'de-DE' })).body as typeof plain;
  const { issue } = full.context['extension'] as { issue: { key: string } };
  assert.deepEqual([full.context['locale'], issue.key], ['de-DE', 'SUP-1']);
  assert.equal((await invoke({ moduleKey: 'none' })).status, 400);
  assert.equal((await invoke({ moduleKey: 'small-context', issue: 'SUP-9' })).status, 404);
});
