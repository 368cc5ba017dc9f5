// The tab "Connection": set up in three steps, the state, a new secret, the end.
import React, { useState } from 'react';
import { Heading, LoadingButton, Spinner, Stack, Text } from '@forge/react';
import { call, isRefused } from '../../common/call';
import { LicenceBanner } from '../../common/licence';
import { Refusal } from '../../common/refusal';
import { useTexts } from '../../common/texts';
import { useAnswer, useRepeat } from '../../common/use-answer';
import { Condition } from './condition';
import { Disconnect, Ending } from './disconnect';
import { Paste } from './paste';
import { Rotation } from './rotation';
import type { Made, Status } from './types';

/** While somebody waits for the sidecar, the state is read this often and at most this many times: for five minutes. Each time Jira is
 * asked whether the person is an admin, which counts against its rate limit. */
const EVERY_MS = 5_000;
const TIMES = 60;

export function ConnectionTab() {
  const text = useTexts();
  const status = useAnswer<Status>('connection.status', { ask: true });
  const [made, setMade] = useState<Made>();
  const state = status.value?.state;
  const waits = state === 'waiting' || state === 'ending' || (state === 'connected' && status.value?.status === undefined);
  const repeat = useRepeat(waits, EVERY_MS, TIMES, status.reload);
  if (!status.value) return status.error ? <Refusal code={status.error} again={() => void status.reload()} /> : <Spinner label={text('admin.loading')} />;
  const shown = status.value;
  return (
    <Stack space="space.300">
      <LicenceBanner answer={shown} />
      {status.error ? <Refusal code={status.error} again={() => void status.reload()} /> : null}
      {state === 'new' || state === 'ended' ? <Connect state={state} onMade={(created) => (setMade(created), void status.reload())} /> : null}
      {state === 'waiting' ? <Waiting made={made} status={shown} over={repeat.over} again={repeat.restart} onMade={setMade} /> : null}
      {state === 'connected' ? <Condition status={shown} reload={status.reload} /> : null}
      {state === 'connected' ? <Rotation status={shown} reload={status.reload} /> : null}
      {state === 'connected' ? <Disconnect reload={status.reload} /> : null}
      {state === 'ending' ? <Ending status={shown} reload={status.reload} /> : null}
    </Stack>
  );
}

/** Step 1. */
function Connect({ state, onMade }: { state: string; onMade: (made: Made) => void }) {
  const text = useTexts();
  return (
    <Stack space="space.150">
      <Heading as="h2">{text('admin.connect.title')}</Heading>
      <Text>{text(state === 'ended' ? 'admin.connect.ended' : 'admin.connect.intro')}</Text>
      <Text>{text('admin.connect.needs')}</Text>
      <MakeSecret label={text('admin.connect.button')} replace={false} onMade={onMade} />
    </Stack>
  );
}

/** Step 2 and 3: the texts to paste, and the wait for the sidecar. */
function Waiting(props: { made: Made | undefined; status: Status; over: boolean; again: () => void; onMade: (made: Made) => void }) {
  const { made, status, over, again, onMade } = props;
  const text = useTexts();
  return (
    <Stack space="space.200">
      <Heading as="h2">{text('admin.paste.title')}</Heading>
      {made ? <Paste made={made} /> : <Text>{text('admin.paste.gone', { address: status.webTriggerUrl, id: status.installId })}</Text>}
      {made ? null : <MakeSecret label={text('admin.paste.again')} replace onMade={onMade} />}
      {over ? (
        <LoadingButton onClick={again}>{text('admin.waiting.again')}</LoadingButton>
      ) : (
        <Stack space="space.100" alignInline="start">
          <Spinner label={text('admin.waiting.title')} />
          <Text>{text('admin.waiting.title')}</Text>
        </Stack>
      )}
    </Stack>
  );
}

function MakeSecret({ label, replace, onMade }: { label: string; replace: boolean; onMade: (made: Made) => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  async function make() {
    setBusy(true);
    setError(undefined);
    const answer = await call<Made>('connection.create', { replace });
    setBusy(false);
    if (isRefused(answer)) setError(answer.error);
    else onMade(answer);
  }
  return (
    <Stack space="space.100" alignInline="start">
      {error ? <Refusal code={error} /> : null}
      <LoadingButton appearance="primary" isLoading={busy} onClick={() => void make()}>
        {label}
      </LoadingButton>
    </Stack>
  );
}
