// A new secret without a pause: both are valid until the sidecar has used the new one.
import React, { useState } from 'react';
import { Heading, LoadingButton, Stack, Text } from '@forge/react';
import { call, isRefused } from '../../shared/call';
import { Refusal } from '../../shared/refusal';
import { useTexts } from '../../shared/texts';
import { Paste } from './paste';
import type { Made, Status } from './types';

export function Rotation({ status, reload }: { status: Status; reload: () => Promise<void> }) {
  const text = useTexts();
  const [made, setMade] = useState<Made>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  async function act(functionKey: string) {
    setBusy(true);
    setError(undefined);
    const answer = await call<Made>(functionKey);
    setBusy(false);
    if (isRefused(answer)) setError(answer.error);
    else setMade(functionKey === 'connection.rotate' ? answer : undefined);
    await reload();
  }
  const rotating = status.liveKeys.length > 1;
  const used = status.nextSeenAt !== null;
  return (
    <Stack space="space.150" alignInline="start">
      <Heading as="h2">{text('admin.rotate.title')}</Heading>
      {error ? <Refusal code={error} /> : null}
      {!rotating ? <Text>{text('admin.rotate.intro')}</Text> : null}
      {made ? <Paste made={made} /> : null}
      {rotating ? <Text>{text(used ? 'admin.rotate.used' : 'admin.rotate.waiting')}</Text> : null}
      {rotating && used ? (
        <LoadingButton appearance="primary" isLoading={busy} onClick={() => void act('connection.retire')}>
          {text('admin.rotate.retire')}
        </LoadingButton>
      ) : (
        <LoadingButton isLoading={busy} onClick={() => void act('connection.rotate')}>
          {text(rotating ? 'admin.rotate.again' : 'admin.rotate.button')}
        </LoadingButton>
      )}
    </Stack>
  );
}
