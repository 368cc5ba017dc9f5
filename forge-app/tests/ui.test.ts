// Pages of UI Kit, each as the tree of components that it renders. Needs `npm run bundle`.
import test from 'node:test';
import { Page } from './ui-tree.ts';

test('a page shows its texts in the language of the user', async () => {
  const [english, german] = ['No Zammad ticket is linked', 'kein Zammad-Ticket verknüpft'];
  for (const [locale, words] of [['en-US', english], ['de-DE', german], ['fr-FR', english]] as const) {
    const page = new Page('dist/bundle/ui/panel', () => ({ now: 0, tickets: [], total: 0, asked: [] }), { locale });
    await page.until((shown) => shown.text().includes(words));
  }
});
