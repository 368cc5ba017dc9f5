// The answer of a resolver, for a page that shows it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, isRefused } from './call';

export type Answer<T> = {
  /** The last good answer. It stays while a later call fails, so that nothing disappears. */
  value?: T;
  /** The code of the last call's refusal. */
  error?: string;
  reload: () => Promise<void>;
};

/** Calls a resolver when the page is shown, and again with `reload`. */
export function useAnswer<T extends object>(functionKey: string, payload: object = {}): Answer<T> {
  const [state, setState] = useState<{ value?: T; error?: string }>({});
  const sent = useRef(payload);
  sent.current = payload;
  const last = useRef(0);
  const reload = useCallback(async () => {
    const own = ++last.current;
    const answer = await call<T>(functionKey, sent.current);
    // An answer that was overtaken by a later one is of no interest.
    if (own !== last.current) return;
    setState((before) => (isRefused(answer) ? { ...before, error: answer.error } : { value: answer }));
  }, [functionKey]);
  useEffect(() => void reload(), [reload]);
  return { ...state, reload };
}

/** Calls `again` every `ms` while `on`, at most `times` times, so that a page that is left open does not go on for ever. */
export function useRepeat(on: boolean, ms: number, times: number, again: () => Promise<void>): { over: boolean; restart: () => void } {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!on || count >= times) return undefined;
    const timer = setTimeout(() => void again().then(() => setCount((before) => before + 1)), ms);
    return () => clearTimeout(timer);
  }, [on, count, ms, times, again]);
  return { over: count >= times, restart: () => setCount(0) };
}
