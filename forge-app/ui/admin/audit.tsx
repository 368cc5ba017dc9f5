// The audit log: entries newest first with a filter, what was refused, and the export.
import React, { useEffect, useState } from 'react';
import { Button, ButtonGroup, Code, DatePicker, DynamicTable, Heading, Inline, Label, ModalTransition, Spinner, Stack, Text, Textfield } from '@forge/react';
import { call, isRefused } from '../shared/call';
import { useTexts } from '../shared/texts';
import { ExportModal } from './export';
import { Refusal } from '../shared/refusal';

type Entry = { at: number; action: string; accountId?: string; detail: unknown };
type Refused = { reason: string; count: number; lastAt: number; accountId?: string };
type Page = { entries: Entry[]; refusals?: Refused[]; cursor?: string };
type Filter = { action?: string; accountId?: string; from?: string; to?: string };

const DAY_MS = 86_400_000;
const time = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);

/** The filter of a call: texts without blanks around them, and days as the times at which they begin and end. */
function wanted({ action, accountId, from, to }: Filter): object {
  return {
    ...(action?.trim() ? { action: action.trim() } : {}),
    ...(accountId?.trim() ? { accountId: accountId.trim() } : {}),
    ...(from ? { from: Date.parse(from) } : {}),
    ...(to ? { to: Date.parse(to) + DAY_MS - 1 } : {}),
  };
}

export function AuditTab() {
  const text = useTexts();
  const [filter, setFilter] = useState<Filter>({});
  const [applied, setApplied] = useState<Filter>({});
  const [entries, setEntries] = useState<Entry[]>();
  const [refusals, setRefusals] = useState<Refused[]>([]);
  const [cursor, setCursor] = useState<string>();
  const [error, setError] = useState<string>();
  const [format, setFormat] = useState<'csv' | 'json'>();

  const load = async (from: Filter, after?: string): Promise<void> => {
    const page = await call<Page>('audit.list', { filter: wanted(from), ...(after === undefined ? {} : { cursor: after }) });
    if (isRefused(page)) return setError(page.error);
    setError(undefined);
    setEntries((known) => [...(after === undefined ? [] : (known ?? [])), ...page.entries]);
    setCursor(page.cursor);
    if (page.refusals) setRefusals(page.refusals);
  };
  useEffect(() => void load({}), []);
  const apply = (): void => {
    setApplied(filter);
    setEntries(undefined);
    void load(filter);
  };
  const set = (name: keyof Filter) => (value: string | undefined) => setFilter((known) => ({ ...known, [name]: value }));
  const field = (name: 'action' | 'accountId') => (
    <Stack>
      <Label labelFor={`audit-${name}`}>{text(`audit.filter.${name}`)}</Label>
      <Textfield id={`audit-${name}`} value={filter[name] ?? ''} onChange={(event) => set(name)(event.target.value as string)} />
    </Stack>
  );
  const day = (name: 'from' | 'to') => (
    <Stack>
      <Label labelFor={`audit-${name}`}>{text(`audit.filter.${name}`)}</Label>
      <DatePicker id={`audit-${name}`} onChange={(value: string) => set(name)(value)} />
    </Stack>
  );
  const rows = (entries ?? []).map((entry, number) => ({
    key: String(number),
    cells: [
      { content: time(entry.at) },
      { content: entry.action },
      { content: entry.accountId ?? text('audit.system') },
      { content: entry.detail ? <Code>{JSON.stringify(entry.detail)}</Code> : '' },
    ],
  }));
  return (
    <Stack space="space.200">
      <Heading as="h2">{text('audit.title')}</Heading>
      <Inline space="space.200" alignBlock="end" shouldWrap>
        {field('action')}
        {field('accountId')}
        {day('from')}
        {day('to')}
        <Button onClick={apply}>{text('audit.filter.apply')}</Button>
      </Inline>
      {error ? <Refusal code={error} /> : null}
      {entries === undefined && !error ? <Spinner /> : null}
      {entries ? <DynamicTable caption={text('audit.title')} head={{ cells: ['at', 'action', 'who', 'detail'].map((name) => ({ key: name, content: text(`audit.column.${name}`) })) }} rows={rows} emptyView={<Text>{text('audit.empty')}</Text>} /> : null}
      <ButtonGroup>
        {cursor === undefined ? null : <Button onClick={() => void load(applied, cursor)}>{text('audit.more')}</Button>}
        <Button onClick={() => setFormat('csv')}>{text('audit.export.csv')}</Button>
        <Button onClick={() => setFormat('json')}>{text('audit.export.json')}</Button>
      </ButtonGroup>
      {refusals.length === 0 ? null : (
        <Stack space="space.050">
          <Heading as="h2">{text('audit.refusals')}</Heading>
          {refusals.map(({ reason, count, lastAt }) => (
            <Text key={reason}>{text('audit.refusal', { reason, count, at: time(lastAt) })}</Text>
          ))}
        </Stack>
      )}
      <ModalTransition>
        {format ? (
          <ExportModal<{ text: string; cursor?: string }> functionKey="audit.export" payload={{ format }} group="audit.export" textOf={(answer) => answer.text} onClose={() => setFormat(undefined)} />
        ) : null}
      </ModalTransition>
    </Stack>
  );
}
