// The frame of every page: it loads the translations of the user's language, and then shows the page.
import React, { type ReactElement } from 'react';
import ForgeReconciler, { I18nProvider, Spinner, useTranslation } from '@forge/react';

export function show(page: ReactElement): void {
  ForgeReconciler.render(
    <React.StrictMode>
      <I18nProvider>
        <WhenReady>{page}</WhenReady>
      </I18nProvider>
    </React.StrictMode>,
  );
}

/** Without this the keys of the texts would be seen for a moment. */
function WhenReady({ children }: { children: ReactElement }) {
  return useTranslation().ready ? children : <Spinner label="Loading" />;
}
