// `invoke` of the bridge: a page, or a test in its place, calls a resolver of the app.
import type { ControlHost } from './control-host.ts';
import type { Installation } from './installation.ts';
import type { PageModule } from './pages/modules.ts';
import { contextOf, NotThere, visitOf, type Visit } from './pages/visit.ts';

export type Answer = { status: number; body?: unknown };

const MAX_INVOKE_IN = 500 * 1024;
const MAX_INVOKE_OUT = 5 * 1024 * 1024;

export interface Invoked {
  installation: Installation;
  /** The page from which the call comes. */
  module: PageModule | undefined;
  functionKey: string;
  visit: Visit;
}

/** The control request `POST /__emulator/invoke`: it names the caller, and optionally the page and what it is about. */
export async function invoke(host: ControlHost, sent: string): Promise<Answer> {
  const { installId, functionKey, accountId, moduleKey, payload, ...about } = JSON.parse(sent || '{}') as Record<string, unknown>;
  const { installation } = host.find(text('installId', installId));
  const key = text('functionKey', functionKey);
  const named = moduleKey === undefined ? undefined : text('moduleKey', moduleKey);
  const account = accountId === undefined || accountId === null ? undefined : text('accountId', accountId);
  const visit = visitOf((name) => (name === 'account' ? account : about[name]));
  // A test that names no issue calls the function without one, as a page cannot.
  const module = host.app.pages.find((page) => page.key === named);
  if (named !== undefined && !module) throw new TypeError(`moduleKey: the manifest has no page ${named}`);
  try {
    return await invokeAs(host, { installation, module, functionKey: key, visit }, JSON.stringify(payload ?? {}));
  } catch (error) {
    if (!(error instanceof NotThere)) throw error;
    return { status: 404, body: { error: error.message } };
  }
}

/** `sent` is the bridge's `{functionKey, payload}`. The caller is the platform's principal, not part of the payload. */
export async function invokeAs(host: ControlHost, { installation, module, functionKey, visit }: Invoked, sent: string): Promise<Answer> {
  if (Buffer.byteLength(sent) > MAX_INVOKE_IN) return { status: 413, body: { error: 'the payload of an invoke exceeds 500 KB' } };
  const moduleKey = module?.key ?? host.app.pages.find(({ resolver }) => resolver === functionKey)?.key ?? functionKey;
  // The platform leaves the principal to the second argument.
  const { accountId: principal, ...context } = await contextOf(installation, module, moduleKey, visit);
  const { license } = context;
  const backend = {
    installContext: installation.contextAri,
    installation: { ari: installation.installId, contexts: [{ cloudId: installation.cloudId }] },
    ...(license ? { license } : {}),
    ...(principal === undefined ? {} : { principal: { accountId: principal } }),
  };
  const outcome = await host.invoke({
    ...{ installation, functionKey, moduleType: 'resolver', moduleKey, event: { call: JSON.parse(sent), context }, context: backend },
    ...(license ? { license } : {}),
    ...(visit.account === undefined ? {} : { accountId: visit.account }),
  });
  if (outcome.kind !== 'returned') return { status: 500, body: { error: outcome.kind === 'threw' ? outcome.error : 'timed out' } };
  const result = outcome.value ?? null;
  if (Buffer.byteLength(JSON.stringify(result)) > MAX_INVOKE_OUT) return { status: 500, body: { error: 'the result of an invoke exceeds 5 MB' } };
  return { status: 200, body: result };
}

export function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: must be a text that is not empty`);
  return value;
}
