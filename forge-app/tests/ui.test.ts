// Pages of UI Kit, each as the tree of components that it renders. Needs `npm run bundle`.
import test from 'node:test';
import { Page } from './ui-tree.ts';

test('a page shows its texts in the language of the user', async () => {
  for (const [locale, title] of [['en-US', 'Zammad tickets'], ['de-DE', 'Zammad-Tickets'], ['fr-FR', 'Zammad tickets']] as const) {
    const page = new Page('dist/bundle/ui/panel', () => ({}), { locale });
    await page.until(({ tree }) => tree !== undefined);
    await page.until((shown) => shown.text().includes(title));
  }
});
