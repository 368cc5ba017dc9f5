// Links a ticket by its number or address, after showing what the link will share.
import React, { useState } from 'react';
import { Button, Inline, Label, List, ListItem, SectionMessage, Spinner, Stack, Text, Textfield } from '@forge/react';
import { call, isRefused } from '../common/call';
import { Refusal } from '../common/refusal';
import { useTexts, type Texts } from '../common/texts';
import type { Sharing } from './types';

const FIELD = 'ticket';

export function LinkForm({ reload }: { reload: () => void }) {
  const text = useTexts();
  const [open, setOpen] = useState(false);
  const [sharing, setSharing] = useState<Sharing>();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const prepare = async () => {
    setOpen(true);
    setError(undefined);
    const answer = await call<Sharing>('links.sharing');
    if (isRefused(answer)) setError(answer.error);
    else setSharing(answer);
  };
  const link = async () => {
    setBusy(true);
    const answer = await call<object>('links.request', { ticketNumber: typed });
    setBusy(false);
    // The typed text stays until the request was accepted.
    if (isRefused(answer)) return setError(answer.error);
    setError(undefined);
    setTyped('');
    setOpen(false);
    reload();
  };
  if (!open) return <Button onClick={prepare}>{text('panel.link.button')}</Button>;
  const problem = error && <Refusal code={error} />;
  const cancel = <Button appearance="subtle" isDisabled={busy} onClick={() => setOpen(false)}>{text('panel.cancel')}</Button>;
  if (!sharing) {
    if (!error) return <Spinner label={text('panel.loading')} />;
    return <Stack space="space.100">{problem}<Inline space="space.100"><Button onClick={prepare}>{text('panel.again')}</Button>{cancel}</Inline></Stack>;
  }
  return (
    <Stack space="space.100">
      <Label labelFor={FIELD}>{text('panel.link.label')}</Label>
      <Textfield id={FIELD} value={typed} maxLength={255} isInvalid={error !== undefined} onChange={(event) => setTyped(event.target.value)} />
      {problem}
      {!sharing.sidecar.connected && <SectionMessage appearance="warning"><Text>{text('panel.link.away')}</Text></SectionMessage>}
      <Text>{text('panel.share.title')}</Text>
      <List type="unordered">{shared(text, sharing).map((line) => <ListItem key={line}>{line}</ListItem>)}</List>
      <Inline space="space.100">
        <Button appearance="primary" isDisabled={busy || typed.trim() === ''} onClick={link}>{text('panel.link.confirm')}</Button>
        {cancel}
      </Inline>
    </Stack>
  );
}

/** The content that a link shares, a line for each kind. */
function shared(text: Texts, { comments, files, fields, sidecar }: Sharing): string[] {
  const names = fields.map(({ name, direction }) => text('panel.share.field', { name: text(`panel.subject.${name}`), direction: text(`panel.direction.${direction}`) }));
  const bytes = Math.floor(files.maxBytes / 1024);
  if (sidecar.privacyMode) {
    const toZammad = comments.toZammad ? [text('panel.share.toZammad')] : [];
    return [text('panel.share.privacy'), ...toZammad, text('panel.share.fields', { names: names.join(', ') })];
  }
  return [
    text(`panel.share.toJira.${comments.toJira}`),
    ...(comments.toJira === 'none' ? [] : [text(`panel.share.history.${comments.history}`)]),
    text(comments.toZammad ? 'panel.share.toZammad' : 'panel.share.notToZammad'),
    files.direction === 'off' ? text('panel.share.noFiles') : text('panel.share.files', { kib: bytes, direction: text(`panel.direction.${files.direction}`) }),
    ...(names.length === 0 ? [text('panel.share.noFields')] : [text('panel.share.fields', { names: names.join(', ') })]),
  ];
}
