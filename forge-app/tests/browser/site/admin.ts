// Every tab of the admin page on a whole site, and what an admin does there. Run by the test `pages` of crates/devkit/tests/e2e.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { expectAccessible, expectNoSideways, expectShown, fromEnvironment, launch, openPage, picture, root, type Opened } from '../support.ts';

type Tree = { [name: string]: string | Tree };
const words = (locale: string, key: string): string => {
  const tree = JSON.parse(readFileSync(`${root}locales/${locale}.json`, 'utf8')) as Tree;
  return key.split('.').reduce<string | Tree>((node, name) => (node as Tree)[name] ?? '', tree) as string;
};
const SECTIONS = ['scope', 'states', 'priorities', 'people', 'content', 'fields', 'check', 'history'];

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function show(opened: Opened, tab: string): Promise<void> {
  await (opened.app as Page).getByRole('tab', { name: tab, exact: true }).click();
  // The tab has loaded when nothing turns any more.
  await opened.app.waitForFunction(() => document.querySelectorAll('[data-testid="spinner"]').length === 0);
}

async function judge(opened: Opened, name: string): Promise<void> {
  await expectAccessible(opened, name);
  await expectNoSideways(opened, name);
  await picture(opened, name);
}

for (const { theme, locale, width } of [{ theme: 'light', locale: 'en-US', width: 1440 }, { theme: 'dark', locale: 'de-DE', width: 360 }] as const) {
  test(`${theme}, ${locale}, ${width}: every tab is readable`, async () => {
    const opened = await openPage(browser, 'connector-admin', { theme, locale, width, account: fromEnvironment('ACCOUNT') });
    await expectShown(opened, words(locale, 'module.admin'));
    await show(opened, words(locale, 'admin.tab.settings'));
    await opened.app.getByText(words(locale, 'admin.settings.scopeIntro')).waitFor();
    for (const section of SECTIONS) {
      await show(opened, words(locale, `admin.settings.tab.${section}`));
      await judge(opened, `admin-${section}-${theme}-${locale}-${width}`);
    }
    for (const tab of ['admin.tab.failures', 'audit.title', 'privacy.title']) {
      await show(opened, words(locale, tab));
      await judge(opened, `admin-${tab.split('.').at(-2)}-${theme}-${locale}-${width}`);
    }
  });
}

test('settings are changed by name, saved, and come back from the history', async () => {
  const opened = await openPage(browser, 'connector-admin', { account: fromEnvironment('ACCOUNT') });
  const { app } = opened;
  const page = app as Page;
  await show(opened, 'Settings');
  await show(opened, 'Comments and files');
  await page.getByLabel('Articles that become comments in Jira').click();
  await page.getByRole('option', { name: 'internal ones only' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved.').waitFor();
  await show(opened, 'History');
  await page.getByText('comments.toJira: "all" → "internal"').waitFor();
  await show(opened, 'Check a project');
  await page.getByLabel('Project', { exact: true }).click();
  await page.getByRole('option').first().click();
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText(/settings (fit|do not fit) this project/).waitFor();
  await judge(opened, 'admin-checked');
});

test('somebody who is not an admin sees nothing', async () => {
  const { app } = await openPage(browser, 'connector-admin', { account: fromEnvironment('OTHER_ACCOUNT') });
  await app.getByText('You do not have the permission for this.').first().waitFor();
  assert.equal(await app.getByText('Connect a sidecar').count(), 0);
});
