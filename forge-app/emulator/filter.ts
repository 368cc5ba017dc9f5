// The filter of events by a property of their issue, of which only the form in our manifest is modelled.
import { realFetch } from './globals.ts';
import type { Installation } from './installation.ts';

export interface PropertyFilter {
  propertyKey: string;
  path: string;
  value: number;
}

const FORM = /^event\.runtime\.issue\.properties\['([\w.-]+)'\]\.(\w+) == (\d+)$/;

export function parseFilter(expression: string): PropertyFilter {
  const [, propertyKey, path, value] = FORM.exec(expression.trim()) ?? [];
  // Ignoring it would deliver events that the platform does not.
  if (propertyKey === undefined || path === undefined) throw new Error(`the emulator does not model the filter ${expression}`);
  return { propertyKey, path, value: Number(value) };
}

/** Whether an event passes. A property that cannot be read counts as null, as on the platform. */
export async function passes({ propertyKey, path, value }: PropertyFilter, installation: Installation, event: object): Promise<boolean> {
  const { issue } = event as { issue?: { id?: unknown } };
  const url = new URL(`/rest/api/3/issue/${encodeURIComponent(String(issue?.id))}/properties/${propertyKey}`, installation.jiraUrl);
  const headers = { authorization: `Bearer app:${installation.installId}` };
  const found = (await (await realFetch(url, { headers })).json().catch(() => null)) as { value?: Record<string, unknown> | null } | null;
  return found?.value?.[path] === value;
}
