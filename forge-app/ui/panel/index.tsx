import React, { useCallback, useEffect, useState } from 'react';
import { Spinner, Stack, Text, useProductContext } from '@forge/react';
import { call, isRefused } from '../common/call';
import { LicenceBanner } from '../common/licence';
import { Refusal } from '../common/refusal';
import { show } from '../common/root';
import { useTexts } from '../common/texts';
import { LinkForm } from './link-form';
import { Connection, Requests, Summary } from './summary';
import { TicketCard } from './ticket';
import type { View } from './types';

/** The sidecar answers within seconds; the panel looks again after these times, and then only when somebody asks. */
const LOOK_AGAIN_MS = [4_000, 12_000];

function Panel() {
  const text = useTexts();
  const locale = useProductContext()?.locale ?? 'en-US';
  const [view, setView] = useState<View>();
  const [error, setError] = useState<string>();
  const [looks, setLooks] = useState(0);
  const load = useCallback(async () => {
    const answer = await call<View>('panel.view');
    if (isRefused(answer)) return setError(answer.error);
    setError(undefined);
    setView(answer);
  }, []);
  const reload = useCallback(() => {
    setLooks(0);
    void load();
  }, [load]);
  useEffect(() => void load(), [load]);
  const expects = view !== undefined && (view.tickets.some(({ refreshing }) => refreshing) || view.asked.some(({ state }) => state === 'waiting' || state === 'sent'));
  useEffect(() => {
    const wait = LOOK_AGAIN_MS[looks];
    if (!expects || wait === undefined) return undefined;
    const timer = setTimeout(() => {
      setLooks(looks + 1);
      void load();
    }, wait);
    return () => clearTimeout(timer);
  }, [expects, looks, load]);
  const failed = error && <Refusal code={error} again={reload} />;
  if (!view) return failed || <Spinner label={text('panel.loading')} />;
  const { tickets, total, asked, impact, now } = view;
  const isEmpty = tickets.length === 0 && asked.length === 0;
  return (
    <Stack space="space.200">
      {failed}
      <LicenceBanner answer={view} />
      <Connection view={view} locale={locale} />
      {isEmpty && <Text>{text('panel.empty')}</Text>}
      {impact && total > 1 && <Summary impact={impact} now={now} locale={locale} />}
      {tickets.map((ticket) => (
        <TicketCard key={ticket.ticketId} ticket={ticket} several={total > 1} mayEdit={view.may?.edit ?? false} now={now} locale={locale} reload={reload} />
      ))}
      {total > tickets.length && <Text>{text('panel.more', { count: total - tickets.length })}</Text>}
      <Requests asked={asked} now={now} locale={locale} />
      {(view.may?.edit ?? true) && <LinkForm reload={reload} />}
    </Stack>
  );
}

show(<Panel />);
