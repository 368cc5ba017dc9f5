// The scope that a Jira endpoint requires, from the file that the lint uses. An endpoint that is not in the file is refused,
// so the file has every endpoint of the app.
import endpoints from '../tools/jira-endpoints.json' with { type: 'json' };

type Operation = { 'x-atlassian-oauth2-scopes': { state: string; scopes: string[] }[] };
const paths = Object.entries(endpoints.paths as Record<string, Record<string, Operation>>).map(([template, operations]) => ({
  form: new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  // A literal segment has precedence over a parameter: /issue/createmeta is not an issue.
  literal: template.replace(/\{[^}]+\}/g, '').length,
  operations,
}));
paths.sort((a, b) => b.literal - a.literal);

export function requiredScope(method: string, path: string): string | undefined {
  const operation = paths.find(({ form }) => form.test(path))?.operations[method.toLowerCase()];
  return operation?.['x-atlassian-oauth2-scopes'].find(({ state }) => state === 'Current')?.scopes[0];
}
