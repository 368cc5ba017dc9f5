// For each field: the direction, and who wins if both sides changed.
import React from 'react';
import { Stack, Text } from '@forge/react';
import { useTexts } from '../../common/texts';
import { Choice } from './choice';
import { Row } from './row';
import { directionOptions } from './names';
import type { Conflict, Direction, Rule, Section } from './types';

const FIELDS = ['title', 'state', 'priority', 'owner', 'customer', 'tags'] as const;
const CONFLICTS: Conflict[] = ['newest', 'zammad', 'jira'];

/** A reporter is not a customer: the ticket would become visible to another person. */
const ALLOWED: Partial<Record<string, Direction[]>> = { customer: ['toJira', 'off'] };

export function Fields({ draft, change }: Section) {
  const text = useTexts();
  const conflicts = CONFLICTS.map((value) => ({ value, label: text(`admin.conflict.${value}`) }));
  const row = (name: (typeof FIELDS)[number]) => {
    const rule: Rule = draft.fields[name];
    const set = (part: Partial<Rule>): void => change({ ...draft, fields: { ...draft.fields, [name]: { ...rule, ...part } } });
    const cells = [
      <Text>{text(`admin.field.${name}`)}</Text>,
      <Choice id={`way-${name}`} label={text('admin.settings.direction')} options={directionOptions(text, ALLOWED[name])} value={rule.direction} onChange={(direction) => set({ direction })} />,
      <Choice id={`conflict-${name}`} label={text('admin.settings.conflict')} options={conflicts} value={rule.conflict} onChange={(conflict) => set({ conflict })} disabled={rule.direction !== 'both'} />,
    ];
    return <Row key={name} parts={cells} />;
  };
  return (
    <Stack space="space.150">
      <Text>{text('admin.settings.fieldsIntro')}</Text>
      <Stack space="space.250">{FIELDS.map(row)}</Stack>
    </Stack>
  );
}
