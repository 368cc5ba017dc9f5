// Whether the settings as they are in the editor fit a project. Nothing is saved.
import React, { useState } from 'react';
import { List, ListItem, LoadingButton, SectionMessage, Stack, Text } from '@forge/react';
import { call, isRefused, type Refused } from '../../common/call';
import { Refusal } from '../../common/refusal';
import { useTexts } from '../../common/texts';
import { Choice } from './choice';
import type { Choices, Settings, Status } from './types';

type Blocked = { from: string; to: string; reason: string; field?: string };
type Result = { missing: { field: string; value: string }[]; workflows: { issueType: string; blocked: Blocked[]; unknown: string[] }[]; inScope: boolean };

export function Check({ draft, choices }: { draft: Settings; choices: Choices }) {
  const text = useTexts();
  const [project, setProject] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result | Refused>();
  async function check() {
    setBusy(true);
    setResult(await call<Result>('settings.preflight', { project, value: draft }));
    setBusy(false);
  }
  return (
    <Stack space="space.150" alignInline="start">
      <Text>{text('admin.check.intro')}</Text>
      <Choice id="project" label={text('admin.check.project')} options={choices.jira.projects.map(({ key, name }) => ({ value: key, label: `${key} · ${name}` }))} value={project} onChange={setProject} />
      <LoadingButton isLoading={busy} isDisabled={project === undefined} onClick={() => void check()}>
        {text('admin.check.button')}
      </LoadingButton>
      {result === undefined ? null : isRefused(result) ? <Refusal code={result.error} /> : <Found result={result} statuses={choices.jira.statuses} />}
    </Stack>
  );
}

function Found({ result, statuses }: { result: Result; statuses: Status[] }) {
  const text = useTexts();
  const nameOf = (target: string): string => statuses.find(({ id }) => id === target)?.name ?? text(`admin.category.${target}`);
  const lines = [
    ...(result.inScope ? [] : [text('admin.check.outOfScope')]),
    ...result.missing.map(({ field, value }) => text('admin.check.missing', { field, value })),
    ...result.workflows.flatMap(({ issueType, blocked }) => blocked.map(({ from, to, reason, field }) => text(`admin.check.${reason === 'no-path' ? 'noPath' : 'field'}`, { issueType, from, to: nameOf(to), field: field ?? '' }))),
  ];
  const unknown = result.workflows.flatMap(({ issueType, unknown: names }) => names.map((name) => `${issueType}: ${name}`));
  return (
    <Stack space="space.100">
      <SectionMessage appearance={lines.length === 0 ? 'success' : 'warning'} title={text(lines.length === 0 ? 'admin.check.good' : 'admin.check.bad')}>
        <List type="unordered">
          {lines.map((line) => (
            <ListItem key={line}>{line}</ListItem>
          ))}
        </List>
      </SectionMessage>
      {unknown.length > 0 ? <Text>{text('admin.check.unknown', { statuses: unknown.join(', ') })}</Text> : null}
    </Stack>
  );
}
