// The end of the connection.
import React, { useState } from 'react';
import { Button, Heading, LoadingButton, Modal, ModalBody, ModalFooter, ModalHeader, ModalTitle, ModalTransition, Spinner, Stack, Text } from '@forge/react';
import { call, isRefused } from '../../common/call';
import { Refusal } from '../../common/refusal';
import { useTexts } from '../../common/texts';
import { relative, useLocale } from '../../common/times';
import type { Status } from './types';

export function Disconnect({ reload }: { reload: () => Promise<void> }) {
  const text = useTexts();
  return (
    <Stack space="space.150" alignInline="start">
      <Heading as="h2">{text('admin.end.title')}</Heading>
      <Text>{text('admin.end.intro')}</Text>
      <Confirmed words="admin.end.button" question="admin.end.question" force={false} reload={reload} />
    </Stack>
  );
}

/** The sidecar was asked to stop and has not answered yet. */
export function Ending({ status, reload }: { status: Status; reload: () => Promise<void> }) {
  const text = useTexts();
  const locale = useLocale();
  const since = relative(Math.min(0, (status.ending?.requestedAt ?? Date.now()) - Date.now()), 0, locale);
  return (
    <Stack space="space.150" alignInline="start">
      <Heading as="h2">{text('admin.end.title')}</Heading>
      <Spinner label={text('admin.end.asked', { since })} />
      <Text>{text('admin.end.asked', { since })}</Text>
      <Text>{text('admin.end.silent')}</Text>
      <Confirmed words="admin.end.force" question="admin.end.forceQuestion" force reload={reload} />
    </Stack>
  );
}

function Confirmed({ words, question, force, reload }: { words: string; question: string; force: boolean; reload: () => Promise<void> }) {
  const text = useTexts();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  async function disconnect() {
    setBusy(true);
    const answer = await call<object>('connection.disconnect', { force });
    setBusy(false);
    setError(isRefused(answer) ? answer.error : undefined);
    setOpen(isRefused(answer));
    await reload();
  }
  return (
    <>
      <Button appearance="danger" onClick={() => setOpen(true)}>
        {text(words)}
      </Button>
      <ModalTransition>
        {open ? (
          <Modal onClose={() => setOpen(false)}>
            <ModalHeader>
              <ModalTitle>{text('admin.end.title')}</ModalTitle>
            </ModalHeader>
            <ModalBody>
              {error ? <Refusal code={error} /> : null}
              <Text>{text(question)}</Text>
            </ModalBody>
            <ModalFooter>
              <Button appearance="subtle" onClick={() => setOpen(false)}>
                {text('admin.cancel')}
              </Button>
              <LoadingButton appearance="danger" isLoading={busy} onClick={() => void disconnect()}>
                {text('admin.end.confirm')}
              </LoadingButton>
            </ModalFooter>
          </Modal>
        ) : null}
      </ModalTransition>
    </>
  );
}
