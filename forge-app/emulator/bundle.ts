// Loads the app as it would be deployed: its manifest and the handlers of its unmodified bundle.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { parseFilter, type PropertyFilter } from './filter.ts';
import { whileLoading } from './globals.ts';
import { pageModules, type PageModule } from './pages/modules.ts';

export type Handler = (event: unknown, context: unknown) => unknown;
export interface Trigger {
  key: string;
  functionKey: string;
  events: readonly string[];
  ignoreSelf: boolean;
  filter?: PropertyFilter;
}
/** A function that the platform calls on its own: at a time, or before an uninstall. */
export interface Job {
  functionKey: string;
  moduleType: 'scheduledTrigger' | 'preUninstall';
}
export interface AppBundle {
  appId: string;
  scopes: readonly string[];
  /** Module key of each web trigger, with the function behind it. */
  webTriggers: ReadonlyMap<string, string>;
  triggers: readonly Trigger[];
  pages: readonly PageModule[];
  /** By module key. */
  jobs: ReadonlyMap<string, Job>;
  handler(functionKey: string): Handler;
}

interface Manifest {
  app: { id: string };
  permissions?: { scopes?: string[] };
  modules: Record<string, unknown> & {
    function?: { key: string; handler: string }[];
    webtrigger?: { key: string; function: string }[];
    scheduledTrigger?: { key: string; function: string }[];
    preUninstall?: { key: string; function: string }[];
    trigger?: { key: string; function: string; events: (string | { eventType: string })[]; filter?: { ignoreSelf?: boolean; expression?: string } }[];
  };
}

export function loadBundle(directory: string): AppBundle {
  const root = resolve(directory);
  const manifest = parse(readFileSync(join(root, 'manifest.yml'), 'utf8')) as Manifest;
  const { modules } = manifest;
  const handlers = new Map((modules.function ?? []).map(({ key, handler }) => [key, load(root, handler)]));
  return {
    appId: manifest.app.id.split('/').at(-1) ?? '',
    scopes: manifest.permissions?.scopes ?? [],
    webTriggers: new Map((modules.webtrigger ?? []).map((trigger) => [trigger.key, trigger.function])),
    triggers: (modules.trigger ?? []).map((trigger) => ({
      key: trigger.key,
      functionKey: trigger.function,
      events: trigger.events.map((event) => (typeof event === 'string' ? event : event.eventType)),
      ignoreSelf: trigger.filter?.ignoreSelf === true,
      ...(trigger.filter?.expression === undefined ? {} : { filter: parseFilter(trigger.filter.expression) }),
    })),
    pages: pageModules(modules, root),
    jobs: new Map(
      (['scheduledTrigger', 'preUninstall'] as const).flatMap((moduleType) =>
        (modules[moduleType] ?? []).map((module) => [module.key, { functionKey: module.function, moduleType }] as const),
      ),
    ),
    handler(functionKey) {
      const handler = handlers.get(functionKey);
      if (!handler) throw new Error(`the manifest has no function ${functionKey}`);
      return handler;
    },
  };
}

/** Loads a handler: "index.exchange" is the export `exchange` of index.cjs. */
function load(root: string, handler: string): Handler {
  const dot = handler.lastIndexOf('.');
  const file = join(root, `${handler.slice(0, dot)}.cjs`);
  const exported = whileLoading(() => createRequire(file)(file) as Record<string, unknown>)[handler.slice(dot + 1)];
  if (typeof exported !== 'function') throw new Error(`${handler}: ${file} exports no such function`);
  return exported as Handler;
}
