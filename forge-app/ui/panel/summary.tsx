// The parts of the panel above the tickets: how much hangs on the issue, the connection, and links that were requested.
import React from 'react';
import { SectionMessage, Stack, Text } from '@forge/react';
import { known, useTexts } from '../common/texts';
import { millis, relative } from '../common/times';
import type { Asked, Impact, View } from './types';

export function Summary({ impact, now, locale }: { impact: Impact; now: number; locale: string }) {
  const text = useTexts();
  const oldest = millis(impact.oldestOpen);
  const lines = [
    text('panel.impact.tickets', { tickets: impact.tickets, customers: impact.customers, waiting: impact.waitingCustomers }),
    ...(oldest === undefined ? [] : [text('panel.impact.oldest', { when: relative(oldest, now, locale) })]),
    ...(impact.highestPriority?.name ? [text('panel.impact.priority', { name: impact.highestPriority.name })] : []),
    ...(impact.known < impact.tickets ? [text('panel.impact.unknown', { count: impact.tickets - impact.known })] : []),
  ];
  return <Stack space="space.050">{lines.map((line) => <Text key={line}>{line}</Text>)}</Stack>;
}

export function Connection({ view: { sidecar, now, unreadableSince, waitingMore }, locale }: { view: View; locale: string }) {
  const text = useTexts();
  const last = sidecar?.lastContact;
  const away = last === undefined ? text('panel.away.never') : text('panel.away.since', { when: relative(last, now, locale) });
  return (
    <>
      {sidecar && !sidecar.connected && <SectionMessage appearance="warning" title={text('panel.away.title')}><Text>{away}</Text></SectionMessage>}
      {unreadableSince !== undefined && (
        <SectionMessage appearance="error"><Text>{text('panel.unreadable', { since: relative(unreadableSince, now, locale) })}</Text></SectionMessage>
      )}
      {waitingMore && <Text>{text('panel.queueLong')}</Text>}
      {sidecar?.privacyMode && <Text size="small">{text('panel.privacy')}</Text>}
    </>
  );
}

export function Requests({ asked, now, locale }: { asked: Asked[]; now: number; locale: string }) {
  const text = useTexts();
  return (
    <>
      {asked.map(({ ticket, at, state, code }) => {
        const reason = code === undefined ? '' : (known(text, `panel.reason.${code}`) ?? text('panel.reason.other', { code }));
        const said = text(`panel.asked.${state}`, { ticket, when: relative(at, now, locale), reason });
        return (
          <SectionMessage key={`${ticket} ${at}`} appearance={state === 'failed' || state === 'unanswered' ? 'warning' : 'information'}>
            <Text>{said}</Text>
          </SectionMessage>
        );
      })}
    </>
  );
}
