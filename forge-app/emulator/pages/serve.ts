// Pages of the app in a browser: /__emulator/pages/<installId>/<module key>?issue=&project=&account=&locale=&theme=, and below
// that address what the page asks for. Without a module key, the list of pages; /__emulator/host/<files> are the scripts of the
// host (ui-host).
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ControlHost } from '../control-host.ts';
import { invokeAs, text, type Answer } from '../control-invoke.ts';
import type { Installation } from '../installation.ts';
import { BRIDGE_SCRIPT, frameDocument, hostDocument, plainPage, type Page } from './documents.ts';
import { titleOf, type PageModule } from './modules.ts';
import { contextOf, NotThere, read, visitOf, type Visit } from './visit.ts';

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.map': 'application/json' };

/** Returns false if the address is none of a page. `sent` is the body of the request. */
export async function servePages(host: ControlHost, method: string, url: URL, sent: string, response: ServerResponse): Promise<boolean> {
  const [, , area, ...rest] = url.pathname.split('/').map(decodeURIComponent);
  if (area === 'host' && method === 'GET') {
    const folder = await hostFolder();
    return rest[0] === path.basename(folder) && file(response, folder, rest.slice(1));
  }
  if (area !== 'pages') return false;
  const [installId = '', moduleKey = '', what, ...below] = rest;
  try {
    const { installation } = host.find(installId);
    if (moduleKey === '' && method === 'GET') {
      answer(response, { status: 200, body: { pages: host.app.pages.map((one) => ({ key: one.key, type: one.type, title: titleOf(one, 'en-US') })) } });
      return true;
    }
    const module = host.app.pages.find(({ key }) => key === moduleKey);
    if (!module) throw new NotThere(`the manifest has no page ${moduleKey}; it has ${host.app.pages.map(({ key }) => key).join(', ')}`);
    const visit = visitOf((name) => url.searchParams.get(name) ?? undefined);
    return await serve(host, installation, module, visit, { method, what, below, sent, url, response });
  } catch (error) {
    if (!(error instanceof NotThere || error instanceof TypeError)) throw error;
    page(response, error instanceof NotThere ? 404 : 400, plainPage('This page cannot be shown', error.message));
    return true;
  }
}

interface Asked {
  method: string;
  what: string | undefined;
  below: string[];
  sent: string;
  url: URL;
  response: ServerResponse;
}

async function serve(host: ControlHost, installation: Installation, module: PageModule, visit: Visit, asked: Asked): Promise<boolean> {
  const { method, what, below, sent, url, response } = asked;
  const base = `/__emulator/pages/${installation.installId}/${encodeURIComponent(module.key)}`;
  const folder = visit.entry === 'edit' ? module.editFolder : module.folder;
  switch (`${method} ${what ?? ''}`) {
    case 'GET ': {
      if (folder === undefined) throw new NotThere('this gadget has no page of settings');
      const context = await contextOf(installation, module, module.key, visit);
      const frame = `${base}/${visit.entry === 'edit' ? 'frame-edit' : 'frame'}/`;
      const config = { title: titleOf(module, context.locale), moduleType: module.type, context, base, frame, query: url.search, themeChosen: visit.theme !== undefined };
      const files = `/__emulator/host/${path.basename(await hostFolder())}`;
      page(response, 200, hostDocument(config, files, installation.jiraUrl));
      return true;
    }
    case 'GET frame':
    case 'GET frame-edit': {
      const from = what === 'frame' ? module.folder : module.editFolder;
      if (from === undefined) return false;
      // The names of the bundle's files are relative to its page.
      if (below.join('/') === '') page(response, 200, frameDocument(from, `${host.origin()}${base}/${what}/`));
      else if (below.join('/') === 'bridge.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(BRIDGE_SCRIPT);
      else return file(response, from, below);
      return true;
    }
    case 'GET people':
      answer(response, { status: 200, body: await people(installation, visit, url.searchParams) });
      return true;
    case 'POST invoke': {
      if (module.resolver === undefined) throw new NotThere(`${module.key} has no resolver`);
      answer(response, await invokeAs(host, { installation, module, functionKey: module.resolver, visit }, sent));
      return true;
    }
    case 'POST gadget':
      installation.gadgetConfiguration = Object(JSON.parse(sent)) as object;
      answer(response, { status: 204 });
      return true;
    default:
      return false;
  }
}

type Person = { accountId: string; displayName: string; emailAddress?: string };

/** Users for the components UserPicker and User, which Jira's own pages look up as the signed-in user. */
async function people(installation: Installation, visit: Visit, asked: URLSearchParams): Promise<object[]> {
  const id = asked.get('accountId');
  const path = id === null ? `user/search?query=${encodeURIComponent(asked.get('query') ?? '')}` : `user?accountId=${encodeURIComponent(text('accountId', id))}`;
  const found = await read<Person | Person[]>(installation, visit, path, 'user');
  return [found].flat().map(({ accountId, displayName, emailAddress = '' }) => ({ id: accountId, name: displayName, email: emailAddress, avatarUrl: '', type: 'user' }));
}

/** The host is bundled at the first request for a page, so that an emulator without pages does not pay for it. */
async function hostFolder(): Promise<string> {
  const { hostBundle } = await import('../../ui-host/build.ts');
  return hostBundle();
}

async function file(response: ServerResponse, folder: string, names: string[]): Promise<boolean> {
  const wanted = path.join(folder, ...names);
  if (!wanted.startsWith(folder + path.sep) || !existsSync(wanted) || !statSync(wanted).isFile()) return false;
  response.writeHead(200, { 'content-type': TYPES[path.extname(wanted)] ?? 'application/octet-stream' });
  await pipeline(createReadStream(wanted), response);
  return true;
}

function page(response: ServerResponse, status: number, { body, headers }: Page): void {
  response.writeHead(status, headers).end(body);
}

function answer(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
}
