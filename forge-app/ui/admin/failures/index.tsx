// The tab "Failures": changes from Jira that could not be carried out.
import React, { useState } from 'react';
import { Button, Code, DynamicTable, Inline, LoadingButton, Spinner, Stack, Text } from '@forge/react';
import { call, isRefused } from '../../common/call';
import { Refusal } from '../../common/refusal';
import { cells, head } from '../../common/table';
import { useTexts } from '../../common/texts';
import { moment, useLocale } from '../../common/times';
import { useAnswer } from '../../common/use-answer';

type Failed = { id: string; kind: string; ticketId?: number; issueKey?: string; code: string | null; failedAt: number };
type Page = { commands: Failed[]; cursor?: string };

export function FailuresTab() {
  const text = useTexts();
  const locale = useLocale();
  const [later, setLater] = useState<Page>();
  const first = useAnswer<Page>('commands.failed');
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<string>();
  if (!first.value) return first.error ? <Refusal code={first.error} again={() => void first.reload()} /> : <Spinner label={text('admin.loading')} />;
  const commands = [...first.value.commands, ...(later?.commands ?? [])];
  const cursor = later ? later.cursor : first.value.cursor;
  async function act(functionKey: string, ids: string[]) {
    setBusy(`${functionKey} ${ids.join()}`);
    const answer = await call<object>(functionKey, { ids });
    setError(isRefused(answer) ? answer.error : undefined);
    setLater(undefined);
    await first.reload();
    setBusy(undefined);
  }
  async function more() {
    const page = await call<Page>('commands.failed', { cursor });
    setError(isRefused(page) ? page.error : undefined);
    if (!isRefused(page)) setLater((before) => ({ ...page, commands: [...(before?.commands ?? []), ...page.commands] }));
  }
  const row = ({ id, kind, issueKey, code, failedAt }: Failed) => ({
    key: id,
    cells: cells([
      <Text>{moment(failedAt, locale)}</Text>,
      <Text>{text(`admin.failures.kinds.${kind.replace('.', '-')}`)}</Text>,
      <Text>{issueKey ?? '–'}</Text>,
      <Code>{code ?? '–'}</Code>,
      <Inline space="space.050">
        <LoadingButton isLoading={busy === `commands.retry ${id}`} onClick={() => void act('commands.retry', [id])}>
          {text('admin.failures.retry')}
        </LoadingButton>
        <LoadingButton appearance="subtle" isLoading={busy === `commands.skip ${id}`} onClick={() => void act('commands.skip', [id])}>
          {text('admin.failures.skip')}
        </LoadingButton>
      </Inline>,
    ]),
  });
  return (
    <Stack space="space.150" alignInline="start">
      {error ?? first.error ? <Refusal code={error ?? first.error ?? ''} again={() => void first.reload()} /> : null}
      <Text>{text('admin.failures.intro')}</Text>
      <DynamicTable head={head(['when', 'kind', 'issue', 'reason', 'actions'].map((name) => text(`admin.failures.${name}`)))} rows={commands.map(row)} rowsPerPage={20} emptyView={<Text>{text('admin.failures.none')}</Text>} />
      <Inline space="space.100">
        {commands.length > 1 ? <Button onClick={() => void act('commands.retry', commands.slice(0, 100).map(({ id }) => id))}>{text('admin.failures.retryAll')}</Button> : null}
        {cursor ? <Button onClick={() => void more()}>{text('admin.failures.more')}</Button> : null}
      </Inline>
    </Stack>
  );
}
