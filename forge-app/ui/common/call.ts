// Calls a resolver of the app. A refusal is `{error: code}`; a call that the platform itself did not carry out has the same form.
import { invoke } from '@forge/bridge';

export type Refused = { error: string };

export async function call<T extends object>(functionKey: string, payload: object = {}): Promise<T | Refused> {
  try {
    return (await invoke<T>(functionKey, payload as Record<string, unknown>)) ?? { error: 'unavailable' };
  } catch {
    return { error: 'unavailable' };
  }
}

export function isRefused(answer: object): answer is Refused {
  return 'error' in answer;
}
