// The modal that confirms an erasure and carries it out, in as many calls as the app needs.
import React, { useState } from 'react';
import { Button, ButtonGroup, Label, Modal, ModalBody, ModalFooter, ModalHeader, ModalTitle, SectionMessage, Stack, Text, Textfield } from '@forge/react';
import { call, isRefused } from '../common/call';
import { useTexts } from '../common/texts';
import { Refusal } from '../common/refusal';

export type Erased = { done: boolean; erased: { [kind: string]: number }; commandId?: string; cursor?: string };
type Props = {
  payload: object;
  confirmation: string;
  isEverything: boolean;
  onErased: (answer: Erased) => void;
  onClose: () => void;
};

function sum(before: Erased['erased'], more: Erased['erased']): Erased['erased'] {
  const all = { ...before };
  for (const [kind, count] of Object.entries(more)) all[kind] = (all[kind] ?? 0) + count;
  return all;
}

export function EraseModal({ payload, confirmation, isEverything, onErased, onClose }: Props) {
  const text = useTexts();
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const erase = async (): Promise<void> => {
    setBusy(true);
    let all: Erased = { done: false, erased: {} };
    do {
      const answer = await call<Erased>('privacy.erase', { ...payload, confirm: typed.trim(), ...(all.cursor === undefined ? {} : { cursor: all.cursor }) });
      if (isRefused(answer)) {
        setBusy(false);
        return setError(answer.error);
      }
      all = { ...answer, erased: sum(all.erased, answer.erased) };
    } while (all.cursor !== undefined);
    onErased(all);
  };
  return (
    <Modal onClose={onClose}>
      <ModalHeader>
        <ModalTitle appearance="danger">{text('privacy.erase.title')}</ModalTitle>
      </ModalHeader>
      <ModalBody>
        <Stack space="space.150">
          <Text>{text('privacy.erase.warning', { confirm: confirmation })}</Text>
          {isEverything ? (
            <SectionMessage appearance="warning">
              <Text>{text('privacy.erase.everything')}</Text>
            </SectionMessage>
          ) : null}
          <Label labelFor="erase-confirm">{text('privacy.erase.confirm')}</Label>
          <Textfield id="erase-confirm" value={typed} onChange={(event) => setTyped(event.target.value as string)} />
          {error ? <Refusal code={error} /> : null}
        </Stack>
      </ModalBody>
      <ModalFooter>
        <ButtonGroup>
          <Button appearance="danger" isDisabled={isBusy || typed.trim() !== confirmation} onClick={() => void erase()}>{text('privacy.erase.submit')}</Button>
          <Button onClick={onClose}>{text('privacy.erase.cancel')}</Button>
        </ButtonGroup>
      </ModalFooter>
    </Modal>
  );
}
