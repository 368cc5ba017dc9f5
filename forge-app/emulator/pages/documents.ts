// The two documents of a page: the host, which renders, and the frame inside it, in which the app's bundle runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Read by ui-host/src/config.ts. */
export interface HostConfig {
  title: string;
  /** The module's type, such as jira:adminPage. */
  moduleType: string;
  context: Record<string, unknown>;
  /** Address of this page: `invoke` and the names of users are below it. */
  base: string;
  /** Address of the app's own page. */
  frame: string;
  /** The visit, as a query. */
  query: string;
  /** Without a theme in the address, the browser's preference counts. */
  themeChosen: boolean;
}
export interface Page {
  body: string;
  headers: Record<string, string>;
}

const HTML = 'text/html; charset=utf-8';

export function hostDocument(config: HostConfig, files: string, jiraUrl: string): Page {
  const csp = [
    "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'",
    "script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; connect-src 'self'; frame-src 'self'",
    `img-src 'self' data: ${new URL(jiraUrl).origin}`,
  ].join('; ');
  const body = [
    `<!DOCTYPE html><html lang="${escape(String(config.context['locale']))}" data-theme="dark:dark light:light spacing:spacing typography:typography shape:shape motion:motion">`,
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(config.title)}</title>`,
    `<link rel="icon" href="data:,"><link rel="stylesheet" href="${files}/main.css"></head>`,
    // In JSON `<` occurs in texts only, and must not end the element.
    `<body><div id="root"></div><script type="application/json" id="config">${JSON.stringify(config).replaceAll('<', '\\u003c')}</script>`,
    `<script src="${files}/main.js"></script></body></html>`,
  ];
  return { body: body.join(''), headers: { 'content-type': HTML, 'content-security-policy': csp, 'cache-control': 'no-store' } };
}

/** The script of the frame that gives the app the bridge, as the platform does before it loads the app's scripts. */
export const BRIDGE_SCRIPT = 'window.__bridge = window.parent.forgeBridge;\n';

/** The page of the bundle, unchanged but for the bridge before its scripts. `frame` is the frame's address, `/` at the end. */
export function frameDocument(folder: string, frame: string): Page {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  // The app may load its own files and nothing else, as on the platform.
  const csp = `default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'self'; connect-src ${frame}`;
  const body = html.replace('<head>', `<head><script src="${frame}bridge.js"></script>`);
  return { body, headers: { 'content-type': HTML, 'content-security-policy': csp, 'cache-control': 'no-store' } };
}

export function plainPage(title: string, text: string): Page {
  const body = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title></head><body><main><h1>${escape(title)}</h1><p>${escape(text)}</p></main></body></html>`;
  return { body, headers: { 'content-type': HTML, 'content-security-policy': "default-src 'none'" } };
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
