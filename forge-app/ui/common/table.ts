// Rows and heads of tables.
import type { ReactElement } from 'react';

type Cell<Content> = { key: string; content: Content };

export function cells(contents: ReactElement[]): Cell<ReactElement>[] {
  return contents.map((content, column) => ({ key: String(column), content }));
}

export function head(titles: string[]): { cells: Cell<string>[] } {
  return { cells: titles.map((content, column) => ({ key: String(column), content })) };
}
