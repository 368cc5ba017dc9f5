// Personal data: export and erasure of a person, of a ticket or of everything, and what the app stores at all.
import React, { useEffect, useState } from 'react';
import { Button, ButtonGroup, DynamicTable, Heading, Label, ModalTransition, SectionMessage, Select, Stack, Text, Textfield } from '@forge/react';
import { call, isRefused } from '../shared/call';
import { useTexts, type Texts } from '../shared/texts';
import { EraseModal, type Erased } from './erase';
import { ExportModal } from './export';
import { Refusal } from '../shared/refusal';

const SUBJECTS = ['accountId', 'ticketId', 'everything'] as const;
type Kind = (typeof SUBJECTS)[number];
type Record = { kind: string; key: string; value: unknown };
type Stored = { kinds: { kind: string; key: string; personal: string; lifetime: string; seconds?: number }[] };

/** The part of a payload that names whom or what it is about, and the text by which an erasure is confirmed. */
function subjectOf(kind: Kind, id: string): { payload: object; confirmation: string } | undefined {
  const value = id.trim();
  if (kind === 'everything') return { payload: { everything: true }, confirmation: 'everything' };
  if (value === '') return undefined;
  return { payload: kind === 'ticketId' ? { ticketId: Number(value) } : { accountId: value }, confirmation: value };
}

export function PrivacyTab() {
  const text = useTexts();
  const [kind, setKind] = useState<Kind>('accountId');
  const [id, setId] = useState('');
  const [open, setOpen] = useState<'export' | 'erase'>();
  const [erased, setErased] = useState<Erased>();
  const subject = subjectOf(kind, id);
  const options = SUBJECTS.map((value) => ({ value, label: text(`privacy.subject.${value}`) }));
  const close = (): void => setOpen(undefined);
  const finish = (answer: Erased): void => {
    setErased(answer);
    close();
  };
  return (
    <Stack space="space.200">
      <Heading as="h2">{text('privacy.title')}</Heading>
      <Label labelFor="privacy-subject">{text('privacy.subject.label')}</Label>
      <Select inputId="privacy-subject" options={options} value={options.find(({ value }) => value === kind)} onChange={(option: { value: Kind }) => setKind(option.value)} />
      {kind === 'everything' ? null : (
        <Stack>
          <Label labelFor="privacy-id">{text('privacy.subject.value')}</Label>
          <Textfield id="privacy-id" value={id} onChange={(event) => setId(event.target.value as string)} />
        </Stack>
      )}
      <ButtonGroup>
        <Button isDisabled={!subject} onClick={() => setOpen('export')}>{text('privacy.export.button')}</Button>
        <Button appearance="danger" isDisabled={!subject} onClick={() => setOpen('erase')}>{text('privacy.erase.button')}</Button>
      </ButtonGroup>
      {erased ? <Report erased={erased} /> : null}
      <StoredData />
      <ModalTransition>
        {open === 'export' && subject ? (
          <ExportModal<{ records: Record[]; cursor?: string }> functionKey="privacy.export" payload={subject.payload} group="privacy.export" textOf={({ records }) => records.map((record) => `${JSON.stringify(record)}\n`).join('')} onClose={close} />
        ) : null}
        {open === 'erase' && subject ? <EraseModal payload={subject.payload} confirmation={subject.confirmation} isEverything={kind === 'everything'} onErased={finish} onClose={close} /> : null}
      </ModalTransition>
    </Stack>
  );
}

/** The erased records, by kind. */
function Report({ erased }: { erased: Erased }) {
  const text = useTexts();
  const rows = Object.entries(erased.erased);
  return (
    <SectionMessage appearance={erased.done ? 'success' : 'warning'}>
      <Text>{text(rows.length === 0 ? 'privacy.erase.nothing' : 'privacy.erase.done')}</Text>
      {rows.map(([kind, count]) => (
        <Text key={kind}>{text('privacy.erase.row', { kind: text(`privacy.kind.${kind}`), count })}</Text>
      ))}
      {erased.commandId ? <Text>{text('privacy.erase.helpdesk')}</Text> : null}
      {erased.done ? null : <Text>{text('privacy.erase.left')}</Text>}
    </SectionMessage>
  );
}

const endOf = (text: Texts, lifetime: string, seconds = 0): string => text(`privacy.lifetime.${lifetime}`, { hours: Math.ceil(seconds / 3600) });

function StoredData() {
  const text = useTexts();
  const [stored, setStored] = useState<Stored | { error: string }>();
  useEffect(() => void call<Stored>('privacy.stored').then(setStored), []);
  if (!stored) return null;
  if (isRefused(stored)) return <Refusal code={stored.error} />;
  const rows = stored.kinds.map(({ kind, key, personal, lifetime, seconds }) => ({
    key: kind,
    cells: [{ content: key }, { content: text(`privacy.kind.${kind}`) }, { content: text(`privacy.personal.${personal}`) }, { content: endOf(text, lifetime, seconds) }],
  }));
  const cells = ['record', 'holds', 'personal', 'ends'].map((name) => ({ key: name, content: text(`privacy.stored.${name}`) }));
  return (
    <Stack space="space.100">
      <Heading as="h2">{text('privacy.stored.title')}</Heading>
      <DynamicTable caption={text('privacy.stored.title')} head={{ cells }} rows={rows} />
    </Stack>
  );
}
