// The functions of manifest.yml. Each passes its request to the core and returns the core's result.
import { InvocationError, InvocationErrorCode } from '@forge/events';
import Resolver from '@forge/resolver';
import { callerOf, issueOf } from './context';
import { run } from './invoke';

type WebTriggerRequest = {
  method: string;
  path: string;
  userPath?: string;
  headers: Record<string, string[]>;
  queryParameters?: Record<string, string[]>;
  body?: string;
};
type ResolverRequest = Parameters<ReturnType<Resolver['getDefinitions']>>[0];

/** Web trigger: one exchange with the sidecar. */
export async function exchange(request: WebTriggerRequest): Promise<unknown> {
  const { method, path, userPath, headers, queryParameters, body } = request;
  return run('web_trigger', { method, path, userPath, headers, queryParameters }, null, body);
}

/** Product trigger: an event of Jira. */
export async function jiraEvent(event: object): Promise<unknown> {
  return retried(await run('jira_event', event, null));
}

/** Trigger: the app was installed or upgraded. */
export async function lifecycle(event: object): Promise<unknown> {
  return retried(await run('lifecycle', event, null));
}

/** Scheduled trigger: the daily work. */
export async function scheduled(): Promise<unknown> {
  return run('scheduled', {}, null);
}

/** Deletes everything before the app is uninstalled. */
export async function preUninstall(): Promise<unknown> {
  return run('pre_uninstall', {}, null);
}

/** A result with `retry` becomes the error by which the platform delivers an event again. */
function retried(result: unknown): unknown {
  const done = result as { retry?: { afterSeconds: number } };
  if (!done.retry) return done;
  const retryReason = InvocationErrorCode.FUNCTION_RETRY_REQUEST;
  return new InvocationError({ retryAfter: done.retry.afterSeconds, retryReason });
}

/** Resolver of the admin page. */
export async function admin(request: ResolverRequest, backend?: Record<string, unknown>): Promise<unknown> {
  return resolve('admin', request, backend);
}

/** Resolver of the issue panel. */
export async function panel(request: ResolverRequest, backend?: Record<string, unknown>): Promise<unknown> {
  return resolve('panel', request, backend);
}

/** Resolver of the dashboard gadget and of the project page. */
export async function overview(request: ResolverRequest, backend?: Record<string, unknown>): Promise<unknown> {
  return resolve('overview', request, backend);
}

/** The core decides which function keys exist, so each call defines a resolver for its own key. */
function resolve(kind: 'admin' | 'overview' | 'panel', request: ResolverRequest, backend?: Record<string, unknown>): unknown {
  const { functionKey } = request.call;
  const resolver = new Resolver().define(functionKey, ({ payload, context }) =>
    run(kind, { functionKey, payload, issueId: issueOf(context) }, callerOf(context)) as Promise<object>,
  );
  return resolver.getDefinitions()(request, backend);
}
