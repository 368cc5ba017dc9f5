// Shows nodes of the tree with the components of the registry. An unknown component is a visible error.
import { createContext, useContext, type ComponentType, type ReactElement, type ReactNode } from 'react';
import type { Config } from './config.ts';
import { isNode, type Node, type Props } from './tree.ts';

export interface Given {
  props: Props;
  nodes: Node[];
}
export type Registry = Record<string, ComponentType<Given>>;
export interface Surroundings {
  registry: Registry;
  config: Config;
  fault: (text: string) => void;
}

const Context = createContext<Surroundings | undefined>(undefined);
export const Surround = Context.Provider;

export function useSurroundings(): Surroundings {
  const found = useContext(Context);
  if (!found) throw new Error('a component is outside of the page');
  return found;
}

export function NodeView({ node }: { node: Node }): ReactElement {
  const { registry } = useSurroundings();
  const Component = Object.hasOwn(registry, node.type) ? registry[node.type] : undefined;
  if (!Component) return <strong className="host-unknown">component not modelled: {node.type}</strong>;
  return <Component props={node.props} nodes={node.children} />;
}

/** One element for each node: some components look at their children. */
export function each(nodes: Node[]): ReactElement[] {
  return nodes.map((node) => <NodeView key={node.key} node={node} />);
}

/** A prop that is a text, or an element of the app. */
export function shown(value: unknown): ReactNode {
  if (Array.isArray(value)) return value.map((item, at) => <span key={at}>{shown(item)}</span>);
  if (isNode(value)) return <NodeView node={value} />;
  return value === undefined || value === null || typeof value === 'boolean' ? undefined : String(value);
}

/** All words below these nodes. */
export function wordsOf(nodes: Node[]): string {
  return nodes.map(({ type, props, children }) => (type === 'String' ? String(props.text) : wordsOf(children))).join('');
}

/** The children of the wrapper with this name: @forge/react puts content there that an app gives in a prop. */
export function wrapped(nodes: Node[], name: string): Node[] {
  return nodes.filter(({ type, props }) => type === 'ContentWrapper' && props.name === name).flatMap(({ children }) => children);
}

/** The props of these names that the app has given, for a component that has them with the same meaning. */
export function pick(props: Props, ...names: string[]): Props {
  return Object.fromEntries(names.filter((name) => props[name] !== undefined).map((name) => [name, props[name]]));
}
