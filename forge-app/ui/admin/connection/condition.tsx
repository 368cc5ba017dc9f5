// The state of a connected sidecar.
import React from 'react';
import { Button, Heading, Inline, List, ListItem, Lozenge, SectionMessage, Stack, Strong, Text } from '@forge/react';
import { known, useTexts, type Texts } from '../../common/texts';
import { relative, useLocale } from '../../common/times';
import type { Status } from './types';

export function Condition({ status, reload }: { status: Status; reload: () => Promise<void> }) {
  const text = useTexts();
  const locale = useLocale();
  const { sidecar, status: condition } = status;
  const hello = sidecar?.hello;
  const isGood = condition?.problems.length === 0;
  const facts: [string, string][] = [
    ['version', sidecar?.version ?? '–'],
    ['instance', sidecar?.instance ?? '–'],
    ['zammad', hello?.zammadVersion ?? text('admin.state.zammadUnknown')],
    ['address', hello?.zammadUrl ?? '–'],
    ['privacy', text(hello?.privacyMode ? 'admin.state.privacyOn' : 'admin.state.privacyOff')],
    ['app', status.appVersion],
  ];
  if (condition) {
    facts.push(
      ['skew', text('admin.state.seconds', { number: condition.skewSeconds })],
      ['waiting', text('admin.state.counts', { tickets: condition.waitingTickets, messages: condition.waitingMessages })],
      ['failed', String(condition.failedMessages)],
    );
  }
  return (
    <Stack space="space.150">
      <Inline space="space.100" alignBlock="center">
        <Heading as="h2">{text('admin.state.title')}</Heading>
        <Lozenge appearance={isGood ? 'success' : condition ? 'removed' : 'inprogress'}>
          {text(isGood ? 'admin.state.good' : condition ? 'admin.state.bad' : 'admin.state.asked')}
        </Lozenge>
      </Inline>
      <Text>{status.ageMs === undefined ? text('admin.state.notReported') : text('admin.state.reported', { ago: relative(-status.ageMs, 0, locale) })}</Text>
      {(condition?.problems ?? []).map((code) => (
        <SectionMessage key={code} appearance="error" title={code}>
          <Text>{reason(text, code)}</Text>
        </SectionMessage>
      ))}
      {(condition?.warnings ?? []).map((code) => (
        <SectionMessage key={code} appearance="warning" title={code}>
          <Text>{reason(text, code)}</Text>
        </SectionMessage>
      ))}
      <List type="unordered">
        {facts.map(([name, value]) => (
          <ListItem key={name}>
            <Text>
              <Strong>{text(`admin.state.${name}`)}</Strong>: {value}
            </Text>
          </ListItem>
        ))}
      </List>
      <Inline>
        <Button onClick={() => void reload()}>{text('admin.state.refresh')}</Button>
      </Inline>
    </Stack>
  );
}

/** The codes of `/readyz` that have no words here are explained in the operator's guide. */
function reason(text: Texts, code: string): string {
  return known(text, `readyz.${code}`) ?? text('admin.state.guide');
}
