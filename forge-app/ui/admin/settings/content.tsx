// Comments and files: what becomes visible on the other side.
import React from 'react';
import { Checkbox, Heading, Label, Stack, Text, Textfield } from '@forge/react';
import { useTexts } from '../../shared/texts';
import { Choice } from './choice';
import { directionOptions } from './names';
import type { Policy, Section, Treatment } from './types';

const POLICIES: Policy[] = ['all', 'public', 'internal', 'none'];
const KINDS = ['email', 'phone', 'chat', 'sms', 'automatic', 'bounce', 'system', 'encrypted'];
const TREATMENTS: Treatment[] = ['whole', 'notice', 'no'];

export function Content({ draft, change }: Section) {
  const text = useTexts();
  const { comments, attachments } = draft;
  const set = (part: Partial<typeof comments>): void => change({ ...draft, comments: { ...comments, ...part } });
  const policies = POLICIES.map((value) => ({ value, label: text(`admin.policy.${value}`) }));
  const treatments = TREATMENTS.map((value) => ({ value, label: text(`admin.treatment.${value}`) }));
  return (
    <Stack space="space.200">
      <Choice id="to-jira" label={text('admin.settings.toJira')} options={policies} value={comments.toJira} onChange={(toJira) => set({ toJira })} />
      <Choice id="history" label={text('admin.settings.historyPolicy')} options={policies} value={comments.history} onChange={(history) => set({ history })} />
      <Checkbox label={text('admin.settings.toZammad')} isChecked={comments.toZammad} onChange={() => set({ toZammad: !comments.toZammad })} />
      <Stack space="space.050">
        <Label labelFor="only-tagged">{text('admin.settings.onlyTagged')}</Label>
        <Textfield
          id="only-tagged"
          value={comments.onlyTagged ?? ''}
          onChange={(event) => {
            const { onlyTagged: _before, ...rest } = comments;
            const tag = event.target.value ?? '';
            change({ ...draft, comments: tag === '' ? rest : { ...rest, onlyTagged: tag } });
          }}
        />
      </Stack>
      <Choice id="files" label={text('admin.settings.files')} options={directionOptions(text)} value={attachments.direction} onChange={(direction) => change({ ...draft, attachments: { ...attachments, direction } })} />
      <Heading as="h2">{text('admin.settings.kinds')}</Heading>
      <Text>{text('admin.settings.kindsIntro')}</Text>
      {KINDS.map((kind) => (
        <Choice key={kind} id={`kind-${kind}`} label={text(`admin.kind.${kind}`)} options={treatments} value={comments.kinds[kind]} onChange={(treatment) => set({ kinds: { ...comments.kinds, [kind]: treatment } })} />
      ))}
    </Stack>
  );
}
