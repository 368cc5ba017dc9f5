// As much of Jira as the measured requests need: every issue exists, accepts comments and files, and has 100 comments.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** After the links were made, since older comments are not caught up. */
const AT = new Date(Date.now() + 60_000).toISOString();
const author = { accountId: 'user-1', displayName: 'User' };

/** A document whose JSON has about `length` characters, in short paragraphs. With emoji: a string with one takes twice the memory. */
export function document(length: number): object {
  const paragraph = { type: 'paragraph', content: [{ type: 'text', text: '🖨 größer als gestern. '.repeat(5).trim() }] };
  const content = Array.from({ length: Math.max(1, Math.floor(length / (JSON.stringify(paragraph).length + 1))) }, () => paragraph);
  return { type: 'doc', version: 1, content };
}

/** The newest page of the comments of each issue; `length` as for a document. */
export let comments: object[] = [];
export function setComments(length: number): void {
  comments = Array.from({ length: 100 }, (_, index) => ({ id: String(index + 1), author, created: AT, updated: AT, body: document(length), properties: [] }));
}

function answer(method: string, path: string): unknown {
  if (path.endsWith('/mypermissions')) return { permissions: { ADMINISTER: { havePermission: true } } };
  const project = { id: '1', key: 'PROJ', projectTypeKey: 'software' };
  if (path.includes('/project/')) return project;
  const [, id = '1', part] = /\/issue\/[A-Z-]*(\d+)(?:\/(\w+))?/.exec(path) ?? [];
  if (part === 'comment' && /\/comment\/\d+$/.test(path)) return comments[0];
  if (part === 'comment') return method === 'POST' ? { id: '200' } : { startAt: 0, maxResults: 100, total: comments.length, comments };
  if (part === 'attachments') return [{ id: '300', filename: 'file' }];
  if (part) return {};
  const status = { id: '1', name: 'Open', statusCategory: { key: 'new' } };
  const fields = { summary: 'An issue', status, project, issuetype: { id: '1' }, labels: [], fixVersions: [], attachment: [], updated: AT, created: AT };
  return { id, key: `PROJ-${id}`, fields };
}

export async function startJira(): Promise<{ url: string; close(): void }> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const body = JSON.stringify(answer(request.method ?? 'GET', (request.url ?? '').split('?')[0] ?? ''));
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
