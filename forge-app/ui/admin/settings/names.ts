// Names of states, statuses and people, as the editor offers them.
import type { Texts } from '../../common/texts';
import type { Option } from './choice';
import type { Choices, Direction, StatePair } from './types';

/** 7 (removed) is left out: no ticket that is linked is in it. */
const STATE_TYPES = [1, 2, 3, 4, 5, 6];
const CATEGORIES = ['new', 'indeterminate', 'done'];

/** `type:<id>` for all states of a type, `<id>` for one state. */
export function stateOptions(text: Texts, { helpdesk }: Choices): Option<string>[] {
  const types = STATE_TYPES.map((type) => ({ value: `type:${type}`, label: text('admin.settings.everyState', { type: text(`admin.stateType.${type}`) }) }));
  const states = (helpdesk?.names.states ?? []).filter(({ typeId }) => STATE_TYPES.includes(typeId));
  const named = states.map(({ id, name, typeId, active }) => ({
    value: String(id),
    label: `${name ?? text('admin.settings.unnamed', { id })} (${text(`admin.stateType.${typeId}`)}${active ? '' : `, ${text('admin.settings.inactive')}`})`,
  }));
  return [...types, ...named];
}

export function stateOf({ zammad }: StatePair): string {
  return zammad.id === undefined ? `type:${zammad.typeId}` : String(zammad.id);
}

export function toState(value: string): StatePair['zammad'] {
  return value.startsWith('type:') ? { typeId: Number(value.slice(5)) } : { id: Number(value) };
}

/** `category:<key>` for all statuses of a category, `<id>` for one status. */
export function statusOptions(text: Texts, { jira }: Choices): Option<string>[] {
  const categories = CATEGORIES.map((key) => ({ value: `category:${key}`, label: text('admin.settings.everyStatus', { category: text(`admin.category.${key}`) }) }));
  const project = (id: string | undefined): string => jira.projects.find((one) => one.id === id)?.key ?? '';
  const named = jira.statuses.map(({ id, name, projectId }) => ({ value: id, label: projectId ? `${name} (${project(projectId)})` : name }));
  return [...categories, ...named];
}

export function statusOf({ jira }: StatePair): string {
  return jira.id === undefined ? `category:${jira.category}` : jira.id;
}

export function toStatus(value: string, { resolution }: StatePair['jira']): StatePair['jira'] {
  const status = value.startsWith('category:') ? { category: value.slice(9) } : { id: value };
  return resolution === undefined ? status : { ...status, resolution };
}

export function directionOptions(text: Texts, allowed: Direction[] = ['both', 'toJira', 'toZammad', 'off']): Option<Direction>[] {
  return allowed.map((value) => ({ value, label: text(`admin.direction.${value}`) }));
}
