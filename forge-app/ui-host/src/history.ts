// The history object of a full page, with which an app moves between its own addresses. It is forgotten when the page is reloaded.
interface Place {
  pathname: string;
  search: string;
  hash: string;
  key: string;
  state?: unknown;
}
type Change = (location: Place, action: string) => void;

export class HistoryOfPage {
  action = 'POP';
  #places: Place[] = [{ pathname: '/', search: '', hash: '', key: '0' }];
  #at = 0;
  readonly #listeners = new Set<Change>();
  location = this.#places[0] as Place;

  get length(): number {
    return this.#places.length;
  }

  listen = (listener: Change): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  push = (to: string | Partial<Place>, state?: unknown): void => {
    this.#places = [...this.#places.slice(0, this.#at + 1), this.#place(to, state)];
    this.#move(this.#places.length - 1, 'PUSH');
  };

  replace = (to: string | Partial<Place>, state?: unknown): void => {
    this.#places[this.#at] = this.#place(to, state);
    this.#move(this.#at, 'REPLACE');
  };

  go = (steps: number): void => this.#move(Math.min(Math.max(this.#at + steps, 0), this.#places.length - 1), 'POP');
  goBack = (): void => this.go(-1);
  goForward = (): void => this.go(1);
  back = (): void => this.go(-1);
  forward = (): void => this.go(1);

  createHref = (to: Partial<Place>): string => `${to.pathname ?? '/'}${to.search ?? ''}${to.hash ?? ''}`;

  #place(to: string | Partial<Place>, state: unknown): Place {
    const { pathname, search, hash } = new URL(typeof to === 'string' ? to : this.createHref(to), `http://app${this.location.pathname}`);
    return { pathname, search, hash, key: String(this.#places.length), state };
  }

  #move(at: number, action: string): void {
    this.#at = at;
    this.action = action;
    this.location = this.#places[at] as Place;
    for (const listener of this.#listeners) listener(this.location, action);
  }
}
