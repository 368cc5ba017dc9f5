// Times as people say them, in the user's language.
import { useTranslation } from '@forge/react';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "3 hours ago", "in 2 minutes". `now` is the server's, as `at` is. */
export function relative(at: number, now: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const difference = at - now;
  const [unit, length] = UNITS.find(([, length]) => Math.abs(difference) >= length) ?? ['second', 1_000];
  return format.format(Math.trunc(difference / length), unit);
}

/** A time of Zammad's, RFC 3339; `undefined` if it is none. */
export function millis(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** A date with its time of day. */
export function moment(unixMs: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(unixMs);
}

export function useLocale(): string {
  const translation = useTranslation();
  return translation.ready ? translation.locale : 'en-US';
}
