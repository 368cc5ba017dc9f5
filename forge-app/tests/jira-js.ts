// Runs a third party's client, jira.js, against the Jira simulator without special cases in either. The client checks each
// response against its own schemas and throws if one does not match. Run by crates/devkit/tests/e2e/jira_js.rs.
//
//   node tests/jira-js.ts <site> <e-mail address> <API token>
import assert from 'node:assert/strict';
import { createCloudClient, isAuthError, isNotFoundError, isRateLimitError, isServerError, isApiError } from 'jira.js';

const [host = '', email = '', apiToken = ''] = process.argv.slice(2);
const jira = createCloudClient({ host, auth: { type: 'basic', email, apiToken }, onSchemaMismatch: 'throw', retry: { maxAttempts: 1 } });

const text = (words: string) => ({ type: 'doc' as const, version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text: words }] }] });
const present = <T>(value: T | null | undefined): T => {
  assert(value !== null && value !== undefined);
  return value;
};

async function lists(): Promise<string> {
  const me = await jira.myself.getCurrentUser({});
  assert.equal(me.emailAddress, email);
  const accountId = present(me.accountId);
  assert.equal((await jira.users.getUser({ accountId })).displayName, me.displayName);
  assert.equal(present((await jira.userSearch.findUsers({ query: email }))[0]).accountId, accountId);
  assert((await jira.userSearch.findAssignableUsers({ project: 'SUP', query: 'a' })).length > 1);
  const { permissions } = await jira.permissions.getMyPermissions({ permissions: 'ADMINISTER,ADD_COMMENTS', projectKey: 'SUP' });
  assert.equal(present(permissions)['ADMINISTER']?.havePermission, true);

  assert.equal((await jira.serverInfo.getServerInfo()).deploymentType, 'Cloud');
  assert((await jira.issueFields.getFields()).some(({ id }) => id === 'summary'));
  const status = present((await jira.workflowStatuses.getStatuses())[0]);
  assert.equal((await jira.workflowStatuses.getStatus({ idOrName: present(status.id) })).name, status.name);
  const priority = present(present((await jira.issuePriorities.searchPriorities({})).values)[0]);
  assert.equal((await jira.issuePriorities.getPriority({ id: present(priority.id) })).name, priority.name);
  assert((await jira.issueTypes.getIssueAllTypes()).some(({ name }) => name === 'Bug'));

  const projects = await jira.projects.searchProjects({ keys: ['SUP', 'NET'] });
  assert.deepEqual(present(projects.values).map(({ key }) => key), ['NET', 'SUP']);
  assert.equal((await jira.projects.getProject({ projectIdOrKey: 'SUP' })).name, 'Support Engineering');
  const types = await jira.projects.getAllStatuses({ projectIdOrKey: 'SUP' });
  assert(types.every(({ statuses }) => present(statuses).length === 4));
  const creatable = await jira.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: 'SUP' });
  const issueTypeId = present(present(creatable.issueTypes)[0]?.id);
  const { fields } = await jira.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey: 'SUP', issueTypeId });
  assert(present(fields).some(({ fieldId, required }) => fieldId === 'summary' && required));
  return accountId;
}

async function issue(accountId: string): Promise<string> {
  const made = await jira.issues.createIssue({
    fields: { project: { key: 'SUP' }, issuetype: { name: 'Bug' }, summary: 'Made by jira.js', description: text('d'), labels: ['client'] },
  });
  const issueIdOrKey = present(made.key);
  await jira.issues.editIssue({ issueIdOrKey, fields: { summary: 'Changed' }, update: { labels: [{ add: 'more' }] } });
  await jira.issues.assignIssue({ issueIdOrKey, accountId });
  const editable = await jira.issues.getEditIssueMeta({ issueIdOrKey });
  assert('summary' in present(editable.fields));
  const shown = await jira.issues.getIssue({ issueIdOrKey, fields: ['summary', 'labels', 'assignee', 'status'] });
  const fields = present(shown.fields) as { summary: string; labels: string[]; assignee: { accountId: string } };
  assert.deepEqual([fields.summary, fields.labels, fields.assignee.accountId], ['Changed', ['client', 'more'], accountId]);

  const { transitions } = await jira.issues.getTransitions({ issueIdOrKey, expand: 'transitions.fields' });
  const done = present(transitions).find(({ name }) => name === 'Done');
  await jira.issues.doTransition({ issueIdOrKey, transition: { id: present(present(done).id) } });
  const jql = `key = ${issueIdOrKey} AND statusCategory = Done`;
  const found = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({ jql, fields: ['status'] });
  assert.equal(present(found.issues).length, 1);
  const first = await jira.issueSearch.searchAndReconsileIssuesUsingJql({ jql: 'project = SUP ORDER BY created', maxResults: 2, fields: ['summary'] });
  const next = await jira.issueSearch.searchAndReconsileIssuesUsingJql({ jql: 'project = SUP ORDER BY created', nextPageToken: present(first.nextPageToken) });
  assert(present(next.issues).length > 2);
  return issueIdOrKey;
}

async function comments(issueIdOrKey: string): Promise<void> {
  const made = await jira.issueComments.addComment({ issueIdOrKey, body: text('first'), properties: [{ key: 'mark', value: { a: 1 } }] });
  const id = present(made.id);
  const visibility = { type: 'role' as const, value: 'Developers' };
  await jira.issueComments.addComment({ issueIdOrKey, body: text('for some'), visibility });
  const listed = await jira.issueComments.getComments({ issueIdOrKey, orderBy: '-created', expand: 'properties' });
  assert.deepEqual([listed.total, present(listed.comments)[0]?.visibility?.value], [2, 'Developers']);
  await jira.issueComments.updateComment({ issueIdOrKey, id, body: { body: text('second') } });
  const shown = await jira.issueComments.getComment({ issueIdOrKey, id });
  assert(JSON.stringify(shown.body).includes('second'));
  assert.equal(present((await jira.issueComments.getCommentsByIds({ ids: [Number(id)] })).values).length, 1);
  await jira.issueCommentProperties.setCommentProperty({ commentId: id, propertyKey: 'more', body: { b: 2 } });
  assert.deepEqual((await jira.issueCommentProperties.getCommentProperty({ commentId: id, propertyKey: 'more' })).value, { b: 2 });
  assert.equal(present((await jira.issueCommentProperties.getCommentPropertyKeys({ commentId: id })).keys).length, 2);
  await jira.issueCommentProperties.deleteCommentProperty({ commentId: id, propertyKey: 'more' });
  await jira.issueComments.deleteComment({ issueIdOrKey, id });
}

async function attached(issueIdOrKey: string): Promise<void> {
  const stored = await jira.issueAttachments.addAttachment({ issueIdOrKey, attachments: { filename: 'grüße.txt', content: Buffer.from('hello') } });
  const id = present(present(stored[0]).id);
  const shown = await jira.issueAttachments.getAttachment({ id });
  assert.deepEqual([shown.filename, shown.size], ['grüße.txt', 5]);
  const content: unknown = await jira.issueAttachments.getAttachmentContent({ id });
  assert.equal(Buffer.from(await new Response(content as ArrayBuffer).arrayBuffer()).toString(), 'hello');
  await jira.issueAttachments.removeAttachment({ id });

  const body = { tickets: [5] };
  await jira.issueProperties.setIssueProperty({ issueIdOrKey, propertyKey: 'zammad', body });
  assert.deepEqual((await jira.issueProperties.getIssueProperty({ issueIdOrKey, propertyKey: 'zammad' })).value, body);
  assert.equal(present((await jira.issueProperties.getIssuePropertyKeys({ issueIdOrKey })).keys).length, 1);
  await jira.issueProperties.deleteIssueProperty({ issueIdOrKey, propertyKey: 'zammad' });

  const globalId = 'system=zammad&id=5';
  const object = { url: 'https://help.example/#ticket/zoom/5', title: '#25005' };
  const link = await jira.issueRemoteLinks.createOrUpdateRemoteIssueLink({ issueIdOrKey, globalId, object });
  const again = await jira.issueRemoteLinks.createOrUpdateRemoteIssueLink({ issueIdOrKey, globalId, object });
  assert.equal(again.id, link.id);
  const linkId = String(present(link.id));
  assert.equal((await jira.issueRemoteLinks.getRemoteIssueLinkById({ issueIdOrKey, linkId })).globalId, globalId);
  await jira.issueRemoteLinks.updateRemoteIssueLink({ issueIdOrKey, linkId, globalId, object: { ...object, title: 'Changed' } });
  await jira.issueRemoteLinks.getRemoteIssueLinks({ issueIdOrKey });
  await jira.issueRemoteLinks.deleteRemoteIssueLinkByGlobalId({ issueIdOrKey, globalId });
  const other = await jira.issueRemoteLinks.createOrUpdateRemoteIssueLink({ issueIdOrKey, object });
  await jira.issueRemoteLinks.deleteRemoteIssueLinkById({ issueIdOrKey, linkId: String(present(other.id)) });
}

async function refusals(issueIdOrKey: string): Promise<void> {
  await assert.rejects(jira.issues.getIssue({ issueIdOrKey: 'SUP-99999' }), isNotFoundError);
  await assert.rejects(jira.issues.editIssue({ issueIdOrKey, fields: { nonsense: 1 } }), isApiError);
  const nobody = createCloudClient({ host, auth: { type: 'basic', email, apiToken: 'wrong' } });
  await assert.rejects(nobody.myself.getCurrentUser({}), isAuthError);
  const fault = async (status: number) => {
    const body = JSON.stringify({ kind: 'status', status, retry_after: 2, times: 1 });
    assert.equal((await fetch(`${host}/__sim/faults`, { method: 'POST', body })).status, 200);
  };
  await fault(429);
  await assert.rejects(jira.myself.getCurrentUser({}), (error) => isRateLimitError(error) && error.retryAfterMs === 2_000);
  await fault(503);
  await assert.rejects(jira.myself.getCurrentUser({}), isServerError);
  await jira.issues.deleteIssue({ issueIdOrKey });
  await assert.rejects(jira.issues.getIssue({ issueIdOrKey }), isNotFoundError);
}

const accountId = await lists();
const key = await issue(accountId);
await comments(key);
await attached(key);
await refusals(key);
console.log(`jira.js: all requests succeeded, last issue ${key}`);
