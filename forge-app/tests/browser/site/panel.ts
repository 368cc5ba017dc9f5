// The acts of an engineer in the panel of an issue, and the pages with counts. Run by the test `pages` of crates/devkit/tests/e2e.
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { expectAccessible, expectNoSideways, fromEnvironment, launch, openIssue, openPage, picture, root, type Opened } from '../support.ts';

type Texts = { module: Record<string, string> };
const { module: titles } = JSON.parse(readFileSync(`${root}locales/en-US.json`, 'utf8')) as Texts;

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function judge(opened: Opened, name: string): Promise<void> {
  await expectAccessible(opened, name);
  await expectNoSideways(opened, name);
  await picture(opened, name);
}

const panel = (look: object = {}): Promise<Opened> => openIssue(browser, titles['panel'] ?? '', look);

test('the linked ticket is shown, another one is linked by its number, and unlinked', async () => {
  let opened = await panel();
  await opened.app.getByText(`#${fromEnvironment('TICKET_NUMBER')}`).waitFor();
  await judge(opened, 'panel-linked');
  await opened.app.getByRole('button', { name: 'Link a ticket' }).click();
  await opened.app.getByText('The link shares:').waitFor();
  await judge(opened, 'panel-link');
  await opened.app.getByLabel('Number or address of the ticket').fill(fromEnvironment('OTHER_NUMBER'));
  await opened.app.getByRole('button', { name: 'Link', exact: true }).click();
  await opened.app.getByText(`Link to ${fromEnvironment('OTHER_NUMBER')} requested`).waitFor();
  await judge(opened, 'panel-requested');
  await opened.page.context().close();
  // The sidecar answers within seconds; each look is a page of its own, as an engineer's would be.
  for (let looks = 0; ; looks += 1) {
    opened = await panel();
    await opened.app.getByText(`#${fromEnvironment('TICKET_NUMBER')}`).first().waitFor();
    if ((await opened.app.getByText(`Ticket #${fromEnvironment('OTHER_NUMBER')}`).count()) > 0) break;
    if (looks === 30) throw new Error('the ticket was not linked');
    await opened.page.context().close();
  }
  await judge(opened, 'panel-two-tickets');
  await opened.app.getByRole('button', { name: 'Unlink' }).last().click();
  await opened.app.getByText(`Unlink ticket #${fromEnvironment('OTHER_NUMBER')}?`).waitFor();
  await picture(opened, 'panel-unlink');
  await opened.app.getByRole('button', { name: 'Unlink', exact: true }).last().click();
  await opened.app.getByRole('link', { name: `Ticket #${fromEnvironment('OTHER_NUMBER')}` }).waitFor({ state: 'detached' });
  await opened.page.context().close();
});

for (const look of [{ theme: 'light', locale: 'en-US', width: 1440 }, { theme: 'dark', locale: 'de-DE', width: 360 }] as const) {
  test(`${look.theme}, ${look.locale}, ${look.width}: the panel and the pages with counts are readable`, async () => {
    const name = `${look.theme}-${look.locale}-${look.width}`;
    const issue = await panel(look);
    await issue.app.getByText(`#${fromEnvironment('TICKET_NUMBER')}`).waitFor();
    await judge(issue, `panel-ticket-${name}`);
    await issue.page.context().close();
    for (const module of ['overview-gadget', 'overview-project']) {
      const opened = await openPage(browser, module, { ...look, account: fromEnvironment('ACCOUNT'), project: fromEnvironment('ISSUE').split('-')[0] ?? '' });
      await opened.app.locator('svg, table').first().waitFor();
      await judge(opened, `${module}-${name}`);
      await opened.page.context().close();
    }
  });
}
