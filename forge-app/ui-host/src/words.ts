// The few words that the product itself shows around the app, in its languages.
import { useSurroundings } from './nodes.tsx';

const WORDS = {
  en: { close: 'Close', confirm: 'Confirm', cancel: 'Cancel', edit: 'Edit', loading: 'Loading', label: 'Label', value: 'Value', series: 'Series', errors: 'Errors', previous: 'Previous', next: 'Next', step: 'Step' },
  de: { close: 'Schließen', confirm: 'Bestätigen', cancel: 'Abbrechen', edit: 'Bearbeiten', loading: 'Wird geladen', label: 'Bezeichnung', value: 'Wert', series: 'Reihe', errors: 'Fehler', previous: 'Zurück', next: 'Weiter', step: 'Schritt' },
} as const;

export type Name = keyof (typeof WORDS)['en'];

export function useWords(): (name: Name) => string {
  const { config } = useSurroundings();
  const words = config.context.locale.startsWith('de') ? WORDS.de : WORDS.en;
  return (name) => words[name];
}
