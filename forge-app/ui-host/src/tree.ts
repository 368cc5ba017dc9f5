// The tree of components that an app renders, taken out of the app's frame: a copy as it was at that moment, as the platform gets
// it, with functions that call back into the frame.

// The props of a component are whatever the app gives it.
export type Props = Record<string, any>;
export interface Node {
  type: string;
  key: string;
  props: Props;
  children: Node[];
}
/** Called with an error of one of the app's functions. */
export type OnError = (text: string) => void;

type Raw = { type: unknown; key?: unknown; props?: Props; children?: Raw[] };

/** @forge/react puts this before ids when it makes an element, but not when it changes one: without it they are always equal. */
const ID_PREFIX = /^forge-app-[0-9a-f]{5}-/;
const IDS = new Set(['id', 'labelFor', 'inputId']);

export function snapshot(element: Raw, onError: OnError): Node {
  const { children: _, ...props } = element.props ?? {};
  return {
    type: String(element.type),
    key: String(element.key),
    props: copyProps(props, onError),
    children: (element.children ?? []).map((child) => snapshot(child, onError)),
  };
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'children' in value && Array.isArray(value.children) && 'props' in value;
}

function copyProps(props: Props, onError: OnError): Props {
  const copied = Object.entries(props).map(([name, value]) => [name, IDS.has(name) && typeof value === 'string' ? value.replace(ID_PREFIX, '') : copy(value, name, onError)]);
  return Object.fromEntries(copied);
}

function copy(value: unknown, name: string, onError: OnError): unknown {
  if (typeof value === 'function') return callable(value as (...given: unknown[]) => unknown, name, onError);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => (isElement(item) ? fromElement(item, at, onError) : copy(item, name, onError)));
  if (isElement(value)) return fromElement(value, 0, onError);
  return copyProps(value as Props, onError);
}

/** An element of React in a prop, such as an action of SectionMessage. The platform can show it if it is a component of UI Kit. */
function isElement(value: unknown): value is Raw & { $$typeof: symbol } {
  return typeof value === 'object' && value !== null && '$$typeof' in value;
}

function fromElement({ type, key, props = {} }: Raw, at: number, onError: OnError): Node {
  const { children, ...others } = props as Props & { children?: unknown };
  const name = typeof type === 'string' ? type : typeof type === 'symbol' ? 'Fragment' : 'a component of the app in a prop';
  const list = [children].flat(Infinity).filter((child) => child !== undefined && child !== null && typeof child !== 'boolean');
  return {
    type: name,
    key: String(key ?? at),
    props: copyProps(others, onError),
    children: list.map((child, index) => (isElement(child) ? fromElement(child, index, onError) : { type: 'String', key: String(index), props: { text: String(child) }, children: [] })),
  };
}

function callable(call: (...given: unknown[]) => unknown, name: string, onError: OnError): (...given: unknown[]) => void {
  // Errors and promises of the frame are not instances of this page's classes.
  const failed = (error: unknown): void => onError(`${name}: ${String(Object(error).message ?? error)}`);
  return (...given) => {
    try {
      const result = call(...given.map(sendable));
      if (typeof result === 'object' && result !== null && 'then' in result) (result as Promise<unknown>).then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** The app gets data and never objects of this page: of an event, what the platform sends of it. */
function sendable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('target' in value && 'type' in value) {
    const { value: text, checked, name, id, type, tagName } = value.target as HTMLInputElement;
    const target = { value: text, checked, name, id, type, tagName };
    return { type: value.type, target, currentTarget: target, bubbles: true, defaultPrevented: false };
  }
  return JSON.parse(JSON.stringify(value));
}
