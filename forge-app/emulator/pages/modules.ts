// The modules of the manifest that show a page of UI Kit, and the texts of their titles.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Modules of Jira that the emulator can show, with what each of them is about. */
const SUBJECTS = {
  'jira:issueContext': 'issue',
  'jira:issuePanel': 'issue',
  'jira:projectPage': 'project',
  'jira:dashboardGadget': 'dashboard',
  'jira:adminPage': 'site',
  'jira:globalPage': 'site',
} as const;
export type ModuleType = keyof typeof SUBJECTS;
export type Subject = (typeof SUBJECTS)[ModuleType];

type Title = string | { i18n: string };
export interface PageModule {
  key: string;
  type: ModuleType;
  subject: Subject;
  title: Title;
  /** Folder of the resource in the bundle. */
  folder: string;
  /** Folder of a gadget's page of settings, if it has one. */
  editFolder?: string;
  /** The function behind `invoke`. */
  resolver?: string;
}

interface Declared {
  key: string;
  title: Title;
  resource?: string;
  render?: string;
  resolver?: { function: string };
  edit?: { resource: string };
}

/** `modules` is the manifest's, `root` the folder of the bundle. Pages of Custom UI are left out. */
export function pageModules(modules: Record<string, unknown>, root: string): PageModule[] {
  const folder = (resource: string): string => join(root, 'ui', resource);
  return (Object.keys(SUBJECTS) as ModuleType[]).flatMap((type) =>
    ((modules[type] ?? []) as Declared[]).flatMap(({ key, title, resource, render, resolver, edit }) =>
      render !== 'native' || resource === undefined
        ? []
        : [
            {
              ...{ key, type, subject: SUBJECTS[type], title, folder: folder(resource) },
              ...(edit ? { editFolder: folder(edit.resource) } : {}),
              ...(resolver ? { resolver: resolver.function } : {}),
            },
          ],
    ),
  );
}

/** The title in the user's language, from the translations beside the page, as the platform does it. */
export function titleOf({ title, folder, key }: PageModule, locale: string): string {
  if (typeof title === 'string') return title;
  for (const name of [locale, 'en-US']) {
    const file = join(folder, '__LOCALES__', `${name}.json`);
    if (!/^[a-z]{2}-[A-Z]{2}$/.test(name) || !existsSync(file)) continue;
    const found = title.i18n.split('.').reduce<unknown>((at, part) => Object(at)[part], JSON.parse(readFileSync(file, 'utf8')));
    if (typeof found === 'string') return found;
  }
  return key;
}
