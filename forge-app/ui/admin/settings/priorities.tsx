// Which priority of a ticket belongs to which priority of an issue.
import React from 'react';
import { Button, Stack, Text } from '@forge/react';
import { useTexts } from '../../common/texts';
import { Choice } from './choice';
import { Row } from './row';
import type { PriorityPair, Section } from './types';

export function Priorities({ draft, change, choices }: Section) {
  const text = useTexts();
  const { priority } = draft.fields;
  const set = (pairs: PriorityPair[]): void => change({ ...draft, fields: { ...draft.fields, priority: { ...priority, pairs } } });
  const replace = (at: number, pair: PriorityPair): void => set(priority.pairs.map((known, index) => (index === at ? pair : known)));
  const zammad = (choices.helpdesk?.names.priorities ?? []).map(({ id, name }) => ({ value: id, label: name ?? text('admin.settings.unnamed', { id }) }));
  const jira = choices.jira.priorities.map(({ id, name }) => ({ value: id, label: name ?? id }));
  const row = (pair: PriorityPair, at: number) => (
    <Row key={String(at)} parts={[
      <Choice id={`zammad-priority-${at}`} label={text('admin.settings.zammadPriority')} options={zammad} value={pair.zammad} onChange={(value) => replace(at, { ...pair, zammad: value })} />,
      <Choice id={`jira-priority-${at}`} label={text('admin.settings.jiraPriority')} options={jira} value={pair.jira} onChange={(value) => replace(at, { ...pair, jira: value })} />,
      <Button appearance="subtle" onClick={() => set(priority.pairs.filter((_, index) => index !== at))}>
        {text('admin.settings.remove')}
      </Button>,
    ]} />
  );
  const first: PriorityPair = { zammad: zammad[0]?.value ?? 1, jira: jira[0]?.value ?? '1' };
  return (
    <Stack space="space.150" alignInline="start">
      <Text>{text('admin.settings.prioritiesIntro')}</Text>
      <Stack space="space.250">{priority.pairs.map(row)}</Stack>
      <Button onClick={() => set([...priority.pairs, first])}>{text('admin.settings.addPair')}</Button>
    </Stack>
  );
}
