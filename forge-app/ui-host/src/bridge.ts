// The bridge between the app in the frame and the product, as @forge/bridge calls it: `callBridge(operation, payload)`.
import { address, type Config } from './config.ts';
import { HistoryOfPage } from './history.ts';
import { snapshot, type Node } from './tree.ts';

export interface Flag {
  id: string;
  title: string;
  type: string;
  description?: string;
  isAutoDismiss?: boolean;
  actions?: { text: string; onClick: () => void }[];
}
/** The page around the app, as far as the bridge changes it. */
export interface Product {
  show(tree: Node): void;
  showFlag(flag: Flag): void;
  closeFlag(id: string): void;
  /** Makes an error visible: of the app, or of a use of the platform that this host does not have. */
  fault(text: string): void;
  ready(): void;
  reloadApp(): void;
}

type Payload = Record<string, unknown>;
type Operation = (payload: Payload) => unknown;
type Listener = (payload: unknown) => void;

/** Every call in order, for browser tests. */
export const calls: { op: string; payload: unknown }[] = [];

export function makeBridge(config: Config, product: Product): { callBridge(op: string, payload?: unknown): Promise<unknown> } {
  const { context } = config;
  const listeners = new Map<string, Set<Listener>>();
  const subscribe: Operation = ({ event, callback }) => {
    const those = listeners.get(String(event)) ?? new Set();
    listeners.set(String(event), those.add(callback as Listener));
    return { unsubscribe: () => those.delete(callback as Listener) };
  };
  const emit: Operation = ({ event, payload }) => listeners.get(String(event))?.forEach((listener) => listener(payload));

  const operations: Record<string, Operation> = {
    reconcile: ({ forgeDoc }) => product.show(snapshot(forgeDoc as Node, product.fault)),
    getContext: () => structuredClone(context),
    invoke: async ({ functionKey, payload }) => {
      const response = await fetch(address(config, 'invoke'), { method: 'POST', body: JSON.stringify({ functionKey, payload }) });
      const body = (await response.json()) as unknown;
      if (!response.ok) throw new Error(String(Object(body).error ?? response.status));
      return body ?? undefined;
    },
    navigate: (payload) => {
      const url = addressOf(payload, config);
      if (payload['type'] === 'new-tab') open(url, '_blank', 'noopener');
      else (window.top ?? window).location.assign(url);
    },
    getUrl: (payload) => addressOf(payload, config),
    reload: () => location.reload(),
    refresh: () => product.reloadApp(),
    showFlag: (payload) => product.showFlag({ ...(payload as unknown as Flag) }),
    closeFlag: ({ id }) => product.closeFlag(String(id)),
    // A page of UI Kit in its place is neither closed nor opened: the answer is the platform's for that.
    close: () => false,
    open: () => false,
    submit: (payload) => submit(config, payload),
    changeWindowTitle: (title) => (document.title = String(title)),
    // For pages of Custom UI; components of UI Kit follow the theme by themselves.
    enableTheming: () => undefined,
    emitReadyEvent: () => product.ready(),
    createHistory: () => (['jira:adminPage', 'jira:globalPage', 'jira:projectPage'].includes(config.moduleType) ? new HistoryOfPage() : refuse('createHistory is for full pages')),
    emit,
    emitPublic: emit,
    on: subscribe,
    onPublic: subscribe,
    onError: ({ error }) => product.fault(`the app stopped: ${String(Object(error).message ?? error)}`),
  };

  return {
    async callBridge(op, payload) {
      calls.push({ op, payload });
      // Payloads are objects for all operations but one, which has a text.
      if (Object.hasOwn(operations, op)) return operations[op]?.((payload ?? {}) as Payload);
      product.fault(`the bridge operation "${op}" is not modelled`);
      throw new Error(`not modelled: ${op}`);
    },
  };
}

function refuse(text: string): never {
  throw new Error(text);
}

/** A page of settings of a gadget stores them; other pages have nothing to submit. */
async function submit(config: Config, payload: unknown): Promise<boolean> {
  if (Object(config.context['extension']).entryPoint !== 'edit') return false;
  return (await fetch(address(config, 'gadget'), { method: 'POST', body: JSON.stringify(payload ?? {}) })).ok;
}

/** Paths below the site, by the name of a target in @forge/bridge. */
const TARGETS: Record<string, (location: Payload) => string> = {
  issue: ({ issueKey }) => `/browse/${encodeURIComponent(String(issueKey))}`,
  userProfile: ({ accountId }) => `/jira/people/${encodeURIComponent(String(accountId))}`,
  dashboard: ({ dashboardId }) => `/jira/dashboards/${encodeURIComponent(String(dashboardId))}`,
  projectSettingsDetails: ({ projectKey }) => `/jira/projects/${encodeURIComponent(String(projectKey))}/settings/details`,
};

function addressOf({ url, target, ...location }: Payload, { context }: Config): string {
  const path = TARGETS[String(target)];
  if (target !== undefined && !path) throw new Error(`not modelled: navigation to ${String(target)}`);
  return webAddress(path ? path(location) : String(url), context.siteUrl);
}

/** An address relative to the site. Anything but http and mailto is refused, as an app may be given a link by a stranger. */
export function webAddress(href: string, siteUrl: string): string {
  const url = new URL(href, siteUrl);
  if (!['http:', 'https:', 'mailto:'].includes(url.protocol)) throw new Error(`an address of the kind ${url.protocol} is not allowed`);
  return url.href;
}
