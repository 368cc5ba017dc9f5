// Our pages on a whole site, in both themes and languages, narrow and wide. Run by the test `pages` of crates/devkit/tests/e2e.
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { expectAccessible, expectNoSideways, expectShown, fromEnvironment, launch, LOCALES, openIssue, openPage, picture, root, THEMES, WIDTHS, type Opened } from '../support.ts';

type Texts = { module: { panel: string; admin: string } };
const texts = (locale: string): Texts => JSON.parse(readFileSync(`${root}locales/${locale}.json`, 'utf8')) as Texts;
/** The frame's name in Jira's page, which is in English. */
const PANEL = texts('en-US').module.panel;

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function inspect(opened: Opened, title: string, name: string): Promise<void> {
  await expectShown(opened, title);
  await expectAccessible(opened, name);
  await expectNoSideways(opened, name);
  await picture(opened, name);
  await opened.page.context().close();
}

for (const theme of THEMES) {
  for (const locale of LOCALES) {
    test(`${theme}, ${locale}: the panel in Jira's page, and the admin page at its address`, async () => {
      const { module } = texts(locale);
      for (const width of WIDTHS) {
        await inspect(await openIssue(browser, PANEL, { theme, locale, width }), module.panel, `panel-${theme}-${locale}-${width}`);
        const admin = await openPage(browser, 'connector-admin', { theme, locale, width, account: fromEnvironment('ACCOUNT') });
        await inspect(admin, module.admin, `admin-${theme}-${locale}-${width}`);
      }
    });
  }
}
