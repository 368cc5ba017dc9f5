// Texts of locales/*.json in the user's language.
import { useTranslation } from '@forge/react';

export type Values = Record<string, string | number>;
export type Texts = (key: string, values?: Values) => string;

/** Returns a function from a key to its text, with `{name}` in it replaced by the value of that name. */
export function useTexts(): Texts {
  const { t } = useTranslation();
  return (key, values = {}) => fill(t(key), values);
}

export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The text of a key that may be missing. */
export function known(text: Texts, key: string): string | undefined {
  const found = text(key);
  return found === key ? undefined : found;
}

/** The text of a refusal; a code without one is shown as it is. */
export function errorText(text: Texts, code: string): string {
  return known(text, `error.${code}`) ?? text('error.other', { code });
}
