// One ticket of the panel.
import React, { useState } from 'react';
import { Button, Heading, Inline, Link, Lozenge, SectionMessage, Stack, Text } from '@forge/react';
import { call, isRefused } from '../common/call';
import { Refusal } from '../common/refusal';
import { useTexts } from '../common/texts';
import { Problems } from './problems';
import { millis, relative } from '../common/times';
import type { Bucket, Named, Ticket } from './types';

const LOOKS: Record<Bucket, 'inprogress' | 'moved' | 'success'> = { open: 'inprogress', pending: 'moved', closed: 'success' };

type Props = { ticket: Ticket; several: boolean; mayEdit: boolean; now: number; locale: string; reload: () => void };

export function TicketCard({ ticket, several, mayEdit, now, locale, reload }: Props) {
  const text = useTexts();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const act = async (functionKey: string) => {
    setBusy(true);
    const answer = await call<object>(functionKey, { ticketId: ticket.ticketId });
    setBusy(false);
    setError(isRefused(answer) ? answer.error : undefined);
    if (isRefused(answer)) return;
    setAsking(false);
    reload();
  };
  const name = text('panel.ticket.number', { number: ticket.number });
  return (
    <Stack space="space.100">
      <Inline space="space.100" alignBlock="center" shouldWrap>
        {ticket.url === undefined ? <Text>{name}</Text> : <Text><Link href={ticket.url} openNewTab>{name}</Link></Text>}
        {ticket.bucket && <Lozenge appearance={LOOKS[ticket.bucket]}>{ticket.state ?? text(`panel.bucket.${ticket.bucket}`)}</Lozenge>}
        {several && ticket.primary && <Lozenge>{text('panel.ticket.primary')}</Lozenge>}
      </Inline>
      {ticket.title && <Heading as="h2" size="small">{ticket.title}</Heading>}
      <Details ticket={ticket} now={now} locale={locale} />
      {ticket.demanded && ticket.demanded.length > 0 && <Text>{text('panel.ticket.demanded', { names: ticket.demanded.join(', ') })}</Text>}
      <Problems problems={ticket.problems ?? []} now={now} locale={locale} />
      {error && <Refusal code={error} />}
      {asking ? (
        <SectionMessage appearance="warning" title={text('panel.unlink.title', { number: ticket.number })}>
          <Text>{text('panel.unlink.text')}</Text>
          <Inline space="space.100">
            <Button appearance="danger" isDisabled={busy} onClick={() => act('links.remove')}>{text('panel.unlink.confirm')}</Button>
            <Button appearance="subtle" isDisabled={busy} onClick={() => setAsking(false)}>{text('panel.cancel')}</Button>
          </Inline>
        </SectionMessage>
      ) : (
        <Inline space="space.100">
          <Button spacing="compact" isDisabled={busy || ticket.refreshing} onClick={() => act('links.retry')}>{text('panel.ticket.refresh')}</Button>
          {mayEdit && <Button spacing="compact" appearance="subtle" isDisabled={busy} onClick={() => setAsking(true)}>{text('panel.unlink.button')}</Button>}
        </Inline>
      )}
    </Stack>
  );
}

function Details({ ticket, now, locale }: { ticket: Ticket; now: number; locale: string }) {
  const text = useTexts();
  if (ticket.at === undefined) {
    return <Text>{text(ticket.refreshing ? 'panel.ticket.coming' : 'panel.ticket.unknown')}</Text>;
  }
  const named = (key: string, it: Named | null | undefined): string[] => (it?.name ? [text(key, { name: it.name })] : []);
  const changed = millis(ticket.changed);
  const facts = [
    ...named('panel.ticket.priority', ticket.priority),
    ...named('panel.ticket.group', ticket.group),
    ...(ticket.owner ? named('panel.ticket.owner', ticket.owner) : [text('panel.ticket.nobody')]),
    ...named('panel.ticket.customer', ticket.customer),
  ];
  const times = [
    ...(changed === undefined ? [] : [text('panel.ticket.changed', { when: relative(changed, now, locale) })]),
    text('panel.ticket.asOf', { when: relative(ticket.at, now, locale) }),
    ...(ticket.refreshing ? [text('panel.ticket.refreshing')] : []),
    ...(ticket.waiting > 0 ? [text('panel.ticket.waiting', { count: ticket.waiting })] : []),
  ];
  return (
    <Stack space="space.050">
      {facts.map((fact) => <Text key={fact}>{fact}</Text>)}
      {times.map((time) => <Text key={time} size="small">{time}</Text>)}
    </Stack>
  );
}
