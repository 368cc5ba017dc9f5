// The frame of every page: it loads the translations of the user's language, and then shows the page.
import React, { type ReactElement } from 'react';
import ForgeReconciler, { I18nProvider } from '@forge/react';

export function show(page: ReactElement): void {
  ForgeReconciler.render(
    <React.StrictMode>
      <I18nProvider>{page}</I18nProvider>
    </React.StrictMode>,
  );
}
