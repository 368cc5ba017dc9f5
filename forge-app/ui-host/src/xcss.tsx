// Styles that an app gives as tokens of the design system, turned into styles of the browser.
import tokens from '@atlaskit/tokens/token-names';
import type { CSSProperties } from 'react';
import type { Props } from './tree.ts';

const NAMES = tokens as unknown as Record<string, string>;

/** The value of a token, or the value itself if it is none. */
export function tokenValue(value: unknown): unknown {
  return typeof value === 'string' && Object.hasOwn(NAMES, value) ? `var(${NAMES[value]})` : value;
}

/** Styles, and those of states such as `:hover` as a style sheet for one class. */
export function xcss(given: Props | Props[] | undefined, className: string): { style: CSSProperties; sheet: string } {
  const all = Object.assign({}, ...[given ?? {}].flat(Infinity)) as Props;
  const style: Props = {};
  const sheets: string[] = [];
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'object' && value !== null && /^:{1,2}[a-z-]+$/.test(name)) sheets.push(`.${className}${name}{${declarations(value as Props)}}`);
    else style[name] = tokenValue(value);
  }
  return { style, sheet: sheets.join('') };
}

function declarations(styles: Props): string {
  const one = ([name, value]: [string, unknown]): string => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${String(tokenValue(value)).replace(/[;{}<]/g, '')}!important`;
  return Object.entries(styles).map(one).join(';');
}
