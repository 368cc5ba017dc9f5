// Who is who: an agent of the helpdesk and the Atlassian account of the same person.
import React, { useState } from 'react';
import { Button, DynamicTable, LoadingButton, Stack, Text, TextArea, User, UserPicker, Label, List, ListItem } from '@forge/react';
import { call, isRefused } from '../../common/call';
import { Refusal } from '../../common/refusal';
import { cells, head } from '../../common/table';
import { useTexts } from '../../common/texts';
import { Choice } from './choice';
import type { Identity, Section } from './types';

type Imported = { pairs: Identity[]; faults: { line: number; reason: string }[] };

export function People({ draft, change, choices }: Section) {
  const text = useTexts();
  const [agent, setAgent] = useState<number>();
  const [account, setAccount] = useState<string>();
  const agents = choices.helpdesk?.names.agents ?? [];
  const nameOf = (id: number): string => agents.find((one) => one.id === id)?.name ?? text('admin.settings.unnamed', { id });
  const set = (people: Identity[]): void => change({ ...draft, people });
  const mapped = new Set(draft.people.map(({ zammad }) => zammad));
  const free = agents.filter(({ id }) => !mapped.has(id)).map(({ id, name, email }) => ({ value: id, label: [name ?? text('admin.settings.unnamed', { id }), email].filter(Boolean).join(' · ') }));
  const row = ({ zammad, accountId }: Identity) => ({
    key: String(zammad),
    cells: cells([
      <Text>{nameOf(zammad)}</Text>,
      <User accountId={accountId} />,
      <Button appearance="subtle" onClick={() => set(draft.people.filter((pair) => pair.zammad !== zammad))}>
        {text('admin.settings.remove')}
      </Button>,
    ]),
  });
  function add() {
    if (agent === undefined || account === undefined) return;
    set([...draft.people.filter(({ zammad, accountId }) => zammad !== agent && accountId !== account), { zammad: agent, accountId: account }]);
    setAgent(undefined);
  }
  return (
    <Stack space="space.200" alignInline="start">
      <Text>{text(agents.length === 0 ? 'admin.people.noAgents' : 'admin.people.intro')}</Text>
      <DynamicTable head={head(['agent', 'account', 'actions'].map((name) => text(`admin.people.${name}`)))} rows={draft.people.map(row)} rowsPerPage={20} emptyView={<Text>{text('admin.people.none')}</Text>} />
      {agents.length > 0 ? (
        <Stack space="space.100" alignInline="start">
          <Choice id="agent" label={text('admin.people.agent')} options={free} value={agent} onChange={setAgent} />
          <UserPicker label={text('admin.people.account')} name="account" onChange={(user) => setAccount((user as unknown as { id?: string } | null)?.id)} />
          <Button isDisabled={agent === undefined || account === undefined} onClick={add}>
            {text('admin.people.add')}
          </Button>
        </Stack>
      ) : null}
      <Import people={draft.people} set={set} />
    </Stack>
  );
}

function Import({ people, set }: { people: Identity[]; set: (people: Identity[]) => void }) {
  const text = useTexts();
  const [csv, setCsv] = useState('');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Imported | { error: string }>();
  async function read() {
    setBusy(true);
    const answer = await call<Imported>('people.read', { csv });
    setBusy(false);
    setResult(answer);
    if (isRefused(answer)) return;
    const replaced = new Set(answer.pairs.flatMap(({ zammad, accountId }) => [`z${zammad}`, `a${accountId}`]));
    set([...people.filter(({ zammad, accountId }) => !replaced.has(`z${zammad}`) && !replaced.has(`a${accountId}`)), ...answer.pairs]);
  }
  return (
    <Stack space="space.100" alignInline="start">
      <Label labelFor="csv">{text('admin.people.csv')}</Label>
      <TextArea id="csv" value={csv} onChange={(event) => setCsv(event.target.value ?? '')} />
      {result && isRefused(result) ? <Refusal code={result.error} /> : null}
      {result && !isRefused(result) ? <Text>{text('admin.people.read', { number: result.pairs.length })}</Text> : null}
      {result && !isRefused(result) && result.faults.length > 0 ? (
        <List type="unordered">
          {result.faults.map(({ line, reason }) => (
            <ListItem key={String(line)}>
              <Text>{text('admin.people.fault', { line, reason: text(`admin.people.faults.${reason}`) })}</Text>
            </ListItem>
          ))}
        </List>
      ) : null}
      <LoadingButton isLoading={busy} isDisabled={csv.trim() === ''} onClick={() => void read()}>
        {text('admin.people.import')}
      </LoadingButton>
    </Stack>
  );
}
