// Which state of a ticket belongs to which status of an issue.
import React from 'react';
import { Button, Stack, Text } from '@forge/react';
import { useTexts } from '../../common/texts';
import { Choice } from './choice';
import { directionOptions, stateOf, stateOptions, statusOf, statusOptions, toState, toStatus } from './names';
import { Row } from './row';
import type { Section, StatePair } from './types';

const NEW_PAIR: StatePair = { zammad: { typeId: 2 }, jira: { category: 'indeterminate' }, direction: 'both' };

export function States({ draft, change, choices }: Section) {
  const text = useTexts();
  const { state } = draft.fields;
  const set = (pairs: StatePair[]): void => change({ ...draft, fields: { ...draft.fields, state: { ...state, pairs } } });
  const replace = (at: number, pair: StatePair): void => set(state.pairs.map((known, index) => (index === at ? pair : known)));
  const states = stateOptions(text, choices);
  const statuses = statusOptions(text, choices);
  const resolutions = [{ label: text('admin.settings.anyResolution'), value: '' }, ...choices.jira.resolutions.map(({ id, name }) => ({ label: name ?? id, value: id }))];
  const row = (pair: StatePair, at: number) => (
    <Row key={String(at)} parts={[
      <Choice id={`state-${at}`} label={text('admin.settings.state')} options={states} value={stateOf(pair)} onChange={(value) => replace(at, { ...pair, zammad: toState(value) })} />,
      <Choice id={`direction-${at}`} label={text('admin.settings.direction')} options={directionOptions(text, ['both', 'toJira', 'toZammad'])} value={pair.direction} onChange={(direction) => replace(at, { ...pair, direction })} />,
      <Choice id={`status-${at}`} label={text('admin.settings.status')} options={statuses} value={statusOf(pair)} onChange={(value) => replace(at, { ...pair, jira: toStatus(value, pair.jira) })} />,
      <Choice
        id={`resolution-${at}`}
        label={text('admin.settings.resolution')}
        options={resolutions}
        value={pair.jira.resolution ?? ''}
        onChange={(resolution) => {
          const { resolution: _before, ...status } = pair.jira;
          replace(at, { ...pair, jira: resolution === '' ? status : { ...status, resolution } });
        }}
      />,
      <Button appearance="subtle" onClick={() => set(state.pairs.filter((_, index) => index !== at))}>
        {text('admin.settings.remove')}
      </Button>,
    ]} />
  );
  return (
    <Stack space="space.150" alignInline="start">
      <Text>{text('admin.settings.statesIntro')}</Text>
      <Stack space="space.250">{state.pairs.map(row)}</Stack>
      <Button onClick={() => set([...state.pairs, NEW_PAIR])}>{text('admin.settings.addPair')}</Button>
    </Stack>
  );
}
