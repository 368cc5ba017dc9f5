// A visit of a page: who looks at what, in which language and theme, and the context that the platform makes of it
// (docs/platforms/forge.md §6.2).
import { randomUUID } from 'node:crypto';
import { realFetch } from '../globals.ts';
import type { Installation } from '../installation.ts';
import { ENVIRONMENT_ID } from '../invocation.ts';
import type { PageModule, Subject } from './modules.ts';

const LOCALE = /^[a-z]{2}-[A-Z]{2}$/;
const DEFAULT_LOCALE = 'en-US';

/** Parts of an address or of a control request; each is optional. */
export interface Visit {
  account?: string;
  /** Key or id. */
  issue?: string;
  /** Key or id. */
  project?: string;
  dashboard?: string;
  /** `edit` for a gadget's page of settings. */
  entry?: string;
  locale?: string;
  theme?: string;
  timezone?: string;
  /** `active` or `inactive`; none is an app without a licence, as in development. */
  license?: string;
}
const NAMES = ['account', 'issue', 'project', 'dashboard', 'entry', 'locale', 'theme', 'timezone', 'license'] as const;

export type UiContext = Record<string, unknown> & { locale: string; license?: object };

/** Something that the visitor cannot see, or that is not there: the text is for the developer. */
export class NotThere extends Error {}

/** Reads a visit; `read` returns the value of a name, or undefined. Throws a TypeError for a value that cannot be one. */
export function visitOf(read: (name: string) => unknown): Visit {
  const visit: Visit = {};
  for (const name of NAMES) {
    const value = read(name) ?? undefined;
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') throw new TypeError(`${name}: must be a text`);
    visit[name] = value;
  }
  if (visit.locale !== undefined && !LOCALE.test(visit.locale)) throw new TypeError('locale: must be like en-US');
  const oneOf = (name: 'theme' | 'license' | 'entry', values: string[]): void => {
    const value = visit[name];
    if (value !== undefined && !values.includes(value)) throw new TypeError(`${name}: must be ${values.join(' or ')}`);
  };
  oneOf('theme', ['light', 'dark']);
  oneOf('license', ['active', 'inactive']);
  oneOf('entry', ['view', 'edit']);
  return visit;
}

export async function contextOf(installation: Installation, module: PageModule | undefined, moduleKey: string, visit: Visit): Promise<UiContext> {
  const extension = { ...(module ? { type: module.type } : {}), ...(await subjectOf(installation, module?.subject, visit)) };
  return {
    ...(visit.account === undefined ? {} : { accountId: visit.account }),
    cloudId: installation.cloudId,
    siteUrl: installation.jiraUrl,
    moduleKey,
    localId: `ari:cloud:ecosystem::extension/${installation.app.appId}/${ENVIRONMENT_ID}/static/${moduleKey}-${randomUUID()}`,
    environmentId: ENVIRONMENT_ID,
    environmentType: 'DEVELOPMENT',
    locale: visit.locale ?? DEFAULT_LOCALE,
    timezone: visit.timezone ?? 'Etc/UTC',
    theme: { colorMode: visit.theme ?? 'light' },
    surfaceColor: null,
    permissions: { scopes: [...installation.app.scopes], external: {} },
    extension,
    ...licenseOf(installation, visit),
  };
}

async function subjectOf(installation: Installation, subject: Subject | undefined, visit: Visit): Promise<object> {
  if (visit.issue !== undefined && (subject === 'issue' || subject === undefined)) {
    const { id, key, fields } = await read<Issue>(installation, visit, `issue/${encodeURIComponent(visit.issue)}?fields=issuetype,project`, 'issue');
    const { issuetype, project } = fields;
    return { issue: { id, key, type: issuetype.name, typeId: issuetype.id }, project: projectOf(project), isNewToIssue: false, location: `${installation.jiraUrl}/browse/${key}` };
  }
  if (subject === 'issue') throw new NotThere('this module is shown on an issue: add ?issue=KEY');
  if (visit.project !== undefined && (subject === 'project' || subject === undefined)) {
    return { project: projectOf(await read<Project>(installation, visit, `project/${encodeURIComponent(visit.project)}`, 'project')) };
  }
  if (subject === 'project') throw new NotThere('this module is shown in a project: add ?project=KEY');
  if (subject !== 'dashboard') return {};
  const gadgetConfiguration = installation.gadgetConfiguration ?? {};
  return { dashboard: { id: visit.dashboard ?? '10000' }, gadget: { id: '10001' }, entryPoint: visit.entry ?? 'view', gadgetConfiguration };
}

type Project = { id: string; key: string; projectTypeKey: string };
type Issue = { id: string; key: string; fields: { issuetype: { id: string; name: string }; project: Project } };

function projectOf({ id, key, projectTypeKey }: Project): object {
  return { id, key, type: projectTypeKey };
}

/** Jira itself shows a page only to somebody who may see its issue, so it is read as the visitor. */
export async function read<T>({ jiraUrl, installId }: Installation, { account }: Visit, path: string, name: string): Promise<T> {
  const authorization = account === undefined ? `Bearer app:${installId}` : `Bearer user:${account}`;
  let response: Response;
  try {
    response = await realFetch(`${jiraUrl}/rest/api/3/${path}`, { headers: { authorization, accept: 'application/json' } });
  } catch {
    throw new NotThere(`Jira did not answer at ${jiraUrl}`);
  }
  if (!response.ok) throw new NotThere(`Jira answered ${response.status} for this ${name}`);
  return (await response.json()) as T;
}

/** That of the installation, unless the visit has another. */
function licenseOf(installation: Installation, visit: Visit): { license?: object } {
  const active = visit.license === undefined ? installation.license?.active : visit.license === 'active';
  return active === undefined ? {} : { license: license(active) };
}

function license(active: boolean): object {
  return {
    active,
    isActive: active,
    billingPeriod: 'MONTHLY',
    ccpEntitlementId: null,
    ccpEntitlementSlug: null,
    isEvaluation: false,
    subscriptionEndDate: null,
    supportEntitlementNumber: null,
    trialEndDate: null,
    type: 'COMMERCIAL',
    modes: null,
  };
}
