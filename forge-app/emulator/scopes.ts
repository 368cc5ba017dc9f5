// Which scope a Jira endpoint needs, from the same file that the lint uses. An endpoint that is not listed there is
// refused, so the list stays the complete account of what the app asks of Jira.
import endpoints from '../tools/jira-endpoints.json' with { type: 'json' };

type Operation = { 'x-atlassian-oauth2-scopes': { state: string; scopes: string[] }[] };
const paths = Object.entries(endpoints.paths as Record<string, Record<string, Operation>>).map(([template, operations]) => ({
  form: new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  // A literal segment wins over a parameter: /issue/createmeta is not an issue.
  literal: template.replace(/\{[^}]+\}/g, '').length,
  operations,
}));
paths.sort((a, b) => b.literal - a.literal);

export function requiredScope(method: string, path: string): string | undefined {
  const operation = paths.find(({ form }) => form.test(path))?.operations[method.toLowerCase()];
  return operation?.['x-atlassian-oauth2-scopes'].find(({ state }) => state === 'Current')?.scopes[0];
}
