// Every component of UI Kit in a browser, in both themes and languages, narrow and wide.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startGallery, type Gallery } from './gallery.ts';
import { expectAccessible, expectNoSideways, launch, LOCALES, openPage, picture, THEMES, WIDTHS, type Look, type Opened } from './support.ts';

let gallery: Gallery;
let browser: Browser;

before(async () => {
  [gallery, browser] = await Promise.all([startGallery(), launch()]);
});
after(async () => {
  await browser?.close();
  await gallery?.close();
});

async function open(look: Look = {}): Promise<Opened> {
  return openPage(browser, 'gallery-admin', { account: 'a1', ...look }, gallery.pages);
}

const TABS = ['Texts', 'Fields', 'Feedback', 'Overlays', 'Charts'];

for (const theme of THEMES) {
  for (const locale of LOCALES) {
    test(`${theme}, ${locale}: all components are shown, fit the window and have no violation of axe`, async () => {
      for (const width of WIDTHS) {
        const opened = await open({ theme, locale, width });
        const { page, problems } = opened;
        await page.getByText(locale === 'en-US' ? 'Every component of UI Kit' : 'Jeder Baustein von UI Kit').waitFor();
        assert.equal(await page.locator('h1').textContent(), locale === 'en-US' ? 'Gallery of components' : 'Sammlung der Bausteine');
        assert.equal(await page.locator('html').getAttribute('lang'), locale);
        for (const tab of TABS) {
          await page.getByRole('tab', { name: tab }).click();
          await page.getByRole('tabpanel', { name: tab }).waitFor();
          const name = `gallery-${tab.toLowerCase()}-${theme}-${locale}-${width}`;
          await expectAccessible(opened, name);
          await expectNoSideways(opened, name);
          await picture(opened, name);
        }
        assert.equal(await page.locator('.host-unknown').count(), 0);
        assert.deepEqual(problems, []);
        await page.context().close();
      }
    });
  }
}

test('a form says what is missing, and reports its values when they are there', async () => {
  const { page } = await open();
  await page.getByRole('tab', { name: 'Fields' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Enter a name').waitFor();
  await page.getByRole('textbox', { name: /^Name/ }).fill('Ada');
  await page.getByRole('textbox', { name: 'Notes' }).fill('two\nlines');
  const colour = page.getByRole('combobox', { name: 'Colour' });
  await colour.click();
  await page.getByRole('option', { name: 'Blue' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('{"colour":{"label":"Blue","value":"blue"},"name":"Ada","notes":"two\\nlines"}').waitFor();
});

test('every field reports its value in the form that the platform has', async () => {
  const { page } = await open();
  await page.getByRole('tab', { name: 'Fields' }).click();
  await page.getByLabel('Controlled').pressSequentially('right');
  await page.getByText('That is right').waitFor();
  await page.getByRole('combobox', { name: 'Several' }).click();
  await page.getByRole('option', { name: 'Green' }).click();
  await page.keyboard.press('Escape');
  await page.getByLabel('A checkbox').check();
  await page.getByRole('group', { name: 'Colours' }).getByLabel('Red').check();
  await page.getByRole('radiogroup').getByLabel('Blue').check();
  await page.getByRole('checkbox', { name: 'A toggle' }).or(page.getByRole('switch', { name: 'A toggle' })).press('Space');
  await page.getByLabel('A range').press('ArrowRight');
  await page.getByRole('combobox', { name: 'A person' }).pressSequentially('ad');
  await page.getByRole('option', { name: 'Ada Lovelace' }).click();
  await page.getByRole('button', { name: /Edited in place/ }).click();
  const edited = page.locator('form').filter({ hasText: 'Edited in place' });
  await edited.getByRole('textbox').fill('after');
  await edited.getByRole('button', { name: 'Confirm' }).click();
  const green = '[{"label":"Green","value":"green"}]';
  const person = '{"id":"a1","name":"Ada Lovelace","email":"ada@example.com","avatarUrl":"","type":"user"}';
  await page.getByText(`{"many":${green},"checkbox":true,"group":["red"],"radio":"blue","toggle":true,"range":4,"person":${person},"inline":"after"}`).waitFor();
});

test('a date is chosen with the keyboard', async () => {
  const { page } = await open();
  await page.getByRole('tab', { name: 'Fields' }).click();
  await page.getByRole('combobox', { name: 'A date' }).fill('11/12/2026');
  await page.keyboard.press('Enter');
  await page.getByText('{"date":"2026-11-12"}').waitFor();
});

test('a dialog takes the focus, has no violation, and closes on Escape', async () => {
  for (const theme of THEMES) {
    const opened = await open({ theme, width: 360 });
    const { page } = opened;
    await page.getByRole('tab', { name: 'Overlays' }).click();
    await page.getByRole('button', { name: 'Open a dialog' }).press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('In the dialog').fill('typed');
    await expectAccessible(opened, `dialog ${theme}`);
    await picture(opened, `gallery-dialog-${theme}`);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.context().close();
  }
});

test('a popup opens, and an unknown component is a visible error', async () => {
  const { page } = await open();
  await page.getByRole('tab', { name: 'Overlays' }).click();
  await page.getByRole('button', { name: 'Open a popup' }).click();
  await page.getByText('In the popup').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Show the unknown' }).click();
  await page.getByText('component not modelled: ThingOfTomorrow').waitFor();
});

test('a table sorts, turns pages, and says that it is empty; actions of messages reach the app', async () => {
  const { page } = await open();
  await page.getByRole('tab', { name: 'Feedback' }).click();
  const table = page.getByRole('table', { name: 'People' });
  const names = (): Promise<string[]> => table.locator('tbody td:first-child').allTextContents();
  assert.deepEqual(await names(), ['Carol', 'Alice', 'Bob']);
  await table.getByRole('button', { name: /Name/ }).click();
  assert.deepEqual(await names(), ['Alice', 'Bob', 'Carol']);
  await page.getByText('Nobody is here').waitFor();
  await page.getByRole('button', { name: 'Act on warning' }).click();
  await page.getByText('Acted 1 times.').first().waitFor();
});

test('a chart has its data as a table', async () => {
  const { page } = await open();
  await page.getByRole('tab', { name: 'Charts' }).click();
  const cells = (caption: string): Promise<string[]> => page.getByRole('table', { name: caption, exact: true }).locator('tbody tr').allTextContents();
  assert.deepEqual(await cells('Horizontal bars'), ['Open12', 'Pending5', 'Closed31']);
  assert.deepEqual(await cells('Stacked bars'), ['W148', 'W263', 'W329']);
});
