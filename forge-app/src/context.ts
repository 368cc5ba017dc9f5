// What the platform says about this invocation. One function for each fact that was read in the packages but never
// seen on a real site, so that a surprise there is one change here.
import { getAppContext } from '@forge/api';

const UUID_AT_THE_END = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** The installation's id: the UUID that ends `ari:cloud:ecosystem::installation/<uuid>`. */
export function installId(): string {
  const found = UUID_AT_THE_END.exec(getAppContext().installationAri.toString());
  // Without it nothing can be attributed to a tenant, so nothing may run.
  if (!found?.[1]) throw new Error('no installation id in the invocation context');
  return found[1].toLowerCase();
}

/** "DEVELOPMENT" | "STAGING" | "PRODUCTION". */
export function environmentType(): string {
  return String(getAppContext().environmentType);
}

/** The deployed version, such as "1.4.0". */
export function appVersion(): string {
  return String(getAppContext().appVersion);
}

/** The caller as the platform's backend names it, never as a payload does. */
export function callerOf(resolverContext: { accountId?: unknown }): string | null {
  return typeof resolverContext.accountId === 'string' ? resolverContext.accountId : null;
}
