// The host of one page: the app's bundle runs in a hidden frame and calls the bridge; this page shows what it renders.
import Spinner from '@atlaskit/spinner';
import { Component, useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { calls, makeBridge, type Flag } from './bridge.ts';
import { readConfig, type Config } from './config.ts';
import { Flags } from './flags.tsx';
import { each, Surround } from './nodes.tsx';
import { registry } from './registry.ts';
import type { Node } from './tree.ts';
import { useWords } from './words.ts';
import './host.css';

declare global {
  interface Window {
    forgeBridge: ReturnType<typeof makeBridge>;
    forgeHost: { calls: typeof calls };
  }
}

/** An error of a component ends that page with its text, and not with an empty page. */
class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? <strong className="host-unknown">a component of the host failed: {error.message}</strong> : this.props.children;
  }
}

function Host({ config }: { config: Config }): ReactElement {
  const [tree, setTree] = useState<Node>();
  const [flags, setFlags] = useState<Flag[]>([]);
  const [faults, setFaults] = useState<string[]>([]);
  const [run, setRun] = useState(0);
  const closeFlag = (id: string): void => setFlags((now) => now.filter((flag) => flag.id !== id));
  const fault = (text: string): void => {
    console.error(`forge host: ${text}`);
    setFaults((now) => [...now, text]);
  };
  const surroundings = useMemo(() => ({ registry, config, fault }), []);
  window.forgeBridge ??= makeBridge(config, {
    show: setTree,
    showFlag: (flag) => setFlags((now) => [...now.filter(({ id }) => id !== flag.id), flag]),
    closeFlag,
    fault,
    ready: () => document.documentElement.setAttribute('data-ready', ''),
    reloadApp: () => setRun((now) => now + 1),
  });
  return (
    <Surround value={surroundings}>
      <main className={`host-page host-${config.moduleType.replace(':', '-')}`}>
        <h1>{config.title}</h1>
        <Faults faults={faults} />
        <Boundary>{tree ? each(tree.children) : <Loading />}</Boundary>
      </main>
      <Flags flags={flags} close={closeFlag} />
      {/* Of the same origin, because the app's functions are called directly; it loads nothing but its own files. */}
      <iframe key={run} src={config.frame} title="app" sandbox="allow-scripts allow-same-origin" hidden />
      <Height />
    </Surround>
  );
}

function Loading(): ReactElement {
  const word = useWords();
  return <Spinner label={word('loading')} />;
}

function Faults({ faults }: { faults: string[] }): ReactElement | null {
  const word = useWords();
  if (faults.length === 0) return null;
  return (
    <div role="alert" className="host-unknown">
      <strong>{word('errors')}</strong>
      <ul>
        {faults.map((text, at) => (
          <li key={at}>{text}</li>
        ))}
      </ul>
    </div>
  );
}

/** A dialog needs more room than the page below it has. */
const DIALOG_HEIGHT = 640;

/** Tells a page around this one how high it is, so that it needs no scroll bars of its own. */
function Height(): null {
  const last = useRef(0);
  useEffect(() => {
    if (window.parent === window) return;
    const tell = (): void => {
      const dialog = document.querySelector('[role=dialog], [role=listbox]') !== null;
      const height = Math.max(document.querySelector('main')?.scrollHeight ?? 0, dialog ? DIALOG_HEIGHT : 0);
      if (height === last.current) return;
      last.current = height;
      window.parent.postMessage({ type: 'forge-host-height', height }, '*');
    };
    const sizes = new ResizeObserver(tell);
    sizes.observe(document.body);
    const changes = new MutationObserver(tell);
    changes.observe(document.body, { childList: true, subtree: true });
    tell();
    return () => (sizes.disconnect(), changes.disconnect());
  }, []);
  return null;
}

const config = readConfig();
document.documentElement.setAttribute('data-color-mode', config.context.theme.colorMode);
window.forgeHost = { calls };
createRoot(document.getElementById('root') as HTMLElement).render(<Host config={config} />);
