// Facts about the current invocation. Each was read in the source of Forge's packages and is not verified on a real site, so
// each has its own function: a difference there needs one change here.
import { getAppContext } from '@forge/api';

const UUID_AT_THE_END = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** The installation's id: the UUID that ends `ari:cloud:ecosystem::installation/<uuid>`. */
export function installId(): string {
  const found = UUID_AT_THE_END.exec(getAppContext().installationAri.toString());
  // Without it the invocation belongs to no tenant, so it must not run.
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

/** The account id of the calling user, from the platform's context and never from the payload. */
export function callerOf(resolverContext: { accountId?: unknown }): string | null {
  return typeof resolverContext.accountId === 'string' ? resolverContext.accountId : null;
}

/** The issue on which a page is shown, from the platform's context and never from the payload. */
export function issueOf(resolverContext: { extension?: unknown }): string | null {
  const { issue } = Object(resolverContext.extension) as { issue?: unknown };
  const { id } = Object(issue) as { id?: unknown };
  return typeof id === 'string' ? id : null;
}

/** The licence as the platform describes it, null if it describes none; the core decides what it means. */
export function licence(): unknown {
  return getAppContext().license ?? null;
}
