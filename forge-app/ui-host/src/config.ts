// The page that this document shows, as the emulator describes it (emulator/pages/documents.ts).
export interface Context extends Record<string, unknown> {
  locale: string;
  siteUrl: string;
  theme: { colorMode: 'light' | 'dark' };
}
export interface Config {
  title: string;
  moduleType: string;
  context: Context;
  base: string;
  frame: string;
  query: string;
  themeChosen: boolean;
}

export function readConfig(): Config {
  const config = JSON.parse(document.getElementById('config')?.textContent ?? '{}') as Config;
  if (!config.themeChosen && matchMedia('(prefers-color-scheme: dark)').matches) config.context.theme.colorMode = 'dark';
  const query = new URLSearchParams(config.query);
  query.set('theme', config.context.theme.colorMode);
  return { ...config, query: `?${query}` };
}

/** The address of something below this page, for the same visit. */
export function address({ base, query }: Config, name: string, more: Record<string, string> = {}): string {
  const all = new URLSearchParams(query);
  for (const [key, value] of Object.entries(more)) all.set(key, value);
  return `${base}/${name}?${all}`;
}
