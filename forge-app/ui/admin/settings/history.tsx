// Earlier settings: who saved which change, and the way back.
import React, { useState } from 'react';
import { DynamicTable, List, ListItem, LoadingButton, Spinner, Stack, Text, User } from '@forge/react';
import { call, isRefused } from '../../common/call';
import { Refusal } from '../../common/refusal';
import { cells, head } from '../../common/table';
import { useTexts } from '../../common/texts';
import { moment, useLocale } from '../../common/times';
import { useAnswer } from '../../common/use-answer';
import type { Settings } from './types';

type Change = { path: string; before: unknown; after: unknown };
type Version = { etag: string; at: number; accountId?: string; changed: Change[] };

/** Longer values are cut: the list shows which settings changed, the editor shows them whole. */
const LONGEST = 80;

function shown(value: unknown): string {
  const words = value === null || value === undefined ? '–' : JSON.stringify(value);
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
}

/** restore: puts earlier settings into the editor, where they can be looked at and saved. */
export function History({ restore }: { restore: (value: Settings) => void }) {
  const text = useTexts();
  const locale = useLocale();
  const history = useAnswer<{ versions: Version[] }>('settings.history');
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<string>();
  async function take(etag: string) {
    setBusy(etag);
    const answer = await call<{ value: Settings }>('settings.version', { etag });
    setBusy(undefined);
    setError(isRefused(answer) ? answer.error : undefined);
    if (!isRefused(answer)) restore(answer.value);
  }
  if (!history.value) return history.error ? <Refusal code={history.error} again={() => void history.reload()} /> : <Spinner label={text('admin.loading')} />;
  const row = ({ etag, at, accountId, changed }: Version) => ({
    key: etag,
    cells: cells([
      <Text>{moment(at, locale)}</Text>,
      accountId ? <User accountId={accountId} /> : <Text>–</Text>,
      <List type="unordered">
        {changed.map(({ path, before, after }) => (
          <ListItem key={path}>{`${path}: ${shown(before)} → ${shown(after)}`}</ListItem>
        ))}
      </List>,
      <LoadingButton appearance="subtle" isLoading={busy === etag} onClick={() => void take(etag)}>
        {text('admin.history.take')}
      </LoadingButton>,
    ]),
  });
  return (
    <Stack space="space.150">
      {error ? <Refusal code={error} /> : null}
      <Text>{text('admin.history.intro')}</Text>
      <DynamicTable head={head(['at', 'who', 'changed', 'actions'].map((name) => text(`admin.history.${name}`)))} rows={history.value.versions.map(row)} rowsPerPage={10} emptyView={<Text>{text('admin.history.none')}</Text>} />
    </Stack>
  );
}
