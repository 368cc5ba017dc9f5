// The two services behind the product proxy: Jira, and the gateway that manages URLs of web triggers.
import { realFetch, type FetchTarget } from './globals.ts';
import type { Installation } from './installation.ts';
import { requiredScope } from './scopes.ts';

export interface Caller {
  installation: Installation;
  accountId: string | undefined;
  origin: string;
  signal: AbortSignal;
}

export function json(status: number, body?: unknown, headers: Record<string, string> = {}): Response {
  const text = body === undefined ? null : JSON.stringify(body);
  return new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } });
}

export function notModelled(what: string): Response {
  return json(501, { code: 'EMULATOR_NOT_MODELLED', message: what });
}

export async function jira(caller: Caller, target: FetchTarget, path: string, init: RequestInit): Promise<Response> {
  const { installation } = caller;
  const method = init.method ?? 'GET';
  const authorization = authorize(caller, target);
  if (authorization instanceof Response) return authorization;
  const base = new URL(installation.jiraUrl);
  const url = new URL(base.origin + path);
  // `path` comes from the app: it may not lead to another host or to the emulator.
  if (!path.startsWith('/') || url.origin !== base.origin || url.origin === caller.origin) return notModelled(`jira path ${path}`);
  const scope = requiredScope(method, url.pathname);
  if (!scope) return notModelled(`${method} ${url.pathname}: not in tools/jira-endpoints.json; add it there with its scope`);
  // Status and text are not verified on a real site.
  if (!installation.app.scopes.includes(scope)) return json(401, { code: 401, message: 'Unauthorized; scope does not match' });
  const headers = new Headers(init.headers);
  headers.set('authorization', authorization);
  try {
    const { body = null } = init;
    const signal = AbortSignal.any([caller.signal, ...(init.signal ? [init.signal] : [])]);
    return await realFetch(url, { method, headers, body, redirect: 'manual', signal });
  } catch (error) {
    // The app has aborted the request.
    if (init.signal?.aborted) throw error;
    return json(502, { message: 'upstream unreachable' });
  }
}

function authorize({ installation, accountId }: Caller, target: FetchTarget): string | Response {
  if (target.provider === 'app') return `Bearer app:${installation.installId}`;
  if (target.provider !== 'user') return notModelled(`requestJira as ${target.provider ?? 'unknown provider'}`);
  if (!accountId) return json(401, { message: 'no user' }, { 'forge-proxy-error': 'NEEDS_AUTHENTICATION_ERR' });
  if (target.accountId && target.accountId !== accountId) return notModelled('asUser for another account');
  return `Bearer user:${accountId}`;
}

interface GraphQl {
  query: string;
  variables: { input?: { triggerKey: string; contextId: string }; forceCreate?: boolean; id?: string; contextId?: string };
}

export function stargate({ installation, origin }: Caller, path: string, init: RequestInit): Response {
  if (path === '/app/report-accounts') return reportAccounts(installation, String(init.body));
  if (path !== '/graphql') return notModelled(`stargate ${path}`);
  const { query, variables } = JSON.parse(String(init.body)) as GraphQl;
  const context = variables.input?.contextId ?? variables.contextId;
  if (context !== undefined && context !== installation.contextAri) return json(200, { errors: [{ message: 'wrong context' }] });
  const url = (id: string): string => `${origin}/x1/${id}`;
  if (query.includes('createWebTriggerUrl') && variables.input) {
    const created = installation.webTrigger(variables.input.triggerKey, variables.forceCreate === true);
    return json(200, { data: { createWebTriggerUrl: created ? { url: url(created.id) } : null } });
  }
  if (query.includes('deleteWebTriggerUrl')) {
    const success = installation.deleteWebTrigger(String(variables.id));
    return json(200, { data: { deleteWebTriggerUrl: { success, message: success ? null : 'no such URL' } } });
  }
  if (query.includes('webTriggerUrlsByAppContext')) {
    const found = installation.urls.map(({ id, moduleKey }) => ({ triggerKey: moduleKey, url: url(id) }));
    return json(200, { data: { webTriggerUrlsByAppContext: found } });
  }
  return notModelled('a GraphQL operation other than web-trigger URLs');
}

const MAX_REPORTED = 90;

function reportAccounts(installation: Installation, sent: string): Response {
  // Status and text of a refusal are not verified on a real site.
  if (!installation.app.scopes.includes('report:personal-data')) return json(401, { code: 401, message: 'Unauthorized; scope does not match' });
  const { accounts } = JSON.parse(sent) as { accounts: { accountId: string; updatedAt: string }[] };
  if (accounts.length > MAX_REPORTED || accounts.some(({ updatedAt }) => Number.isNaN(Date.parse(updatedAt)))) return json(400, { message: 'not a report' });
  installation.reportedAccounts.push(...accounts);
  const states = accounts.flatMap(({ accountId }) => {
    const status = installation.accountStates.get(accountId);
    return status ? [{ accountId, status }] : [];
  });
  return states.length === 0 ? new Response(null, { status: 204 }) : json(200, { accounts: states });
}
