// The tab "Settings": an editor with names of both sides. Changes are kept in the page until they are saved.
import React, { useState, type ReactElement } from 'react';
import { Button, Inline, LoadingButton, SectionMessage, Spinner, Stack, Text } from '@forge/react';
import { call, isRefused } from '../../common/call';
import { LazyTabs } from '../../common/lazy-tabs';
import { LicenceBanner } from '../../common/licence';
import { Refusal } from '../../common/refusal';
import { useTexts } from '../../common/texts';
import { useAnswer } from '../../common/use-answer';
import { Check } from './check';
import { Content } from './content';
import { Fields } from './fields';
import { History } from './history';
import { People } from './people';
import { Priorities } from './priorities';
import { Scope } from './scope';
import { States } from './states';
import type { Choices, Section, Settings } from './types';

type Stored = { etag: string; value: Settings };
type Saved = { etag: string };
type Invalid = { error: string; field?: string; rule?: string };

export function SettingsTab() {
  const text = useTexts();
  const stored = useAnswer<Stored>('settings.get');
  const choices = useAnswer<Choices>('settings.choices');
  const [draft, setDraft] = useState<Settings>();
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [refused, setRefused] = useState<Invalid>();
  // The next save must find this one: another etag means that somebody else has saved meanwhile.
  const [etag, setEtag] = useState<string>();
  const error = stored.error ?? choices.error;
  const again = (): void => void Promise.all([stored.reload(), choices.reload()]);
  if (!stored.value || !choices.value) return error ? <Refusal code={error} again={again} /> : <Spinner label={text('admin.loading')} />;
  const value = draft ?? stored.value.value;
  const change = (next: Settings): void => (setDraft(next), setSaved(false));
  async function save() {
    setBusy(true);
    const answer = await call<Saved>('settings.set', { value, ifEtag: etag ?? stored.value?.etag });
    setBusy(false);
    setRefused(isRefused(answer) ? answer : undefined);
    setSaved(!isRefused(answer));
    if (!isRefused(answer)) setEtag(answer.etag);
  }
  /** Keeps the changes, and lets the next save replace what somebody else has saved. */
  async function compare() {
    const current = await call<Stored>('settings.get');
    if (!isRefused(current)) (setEtag(current.etag), setRefused(undefined));
  }
  const section: Section = { draft: value, change, choices: choices.value };
  const names = choices.value;
  const pages: Record<string, () => ReactElement> = {
    scope: () => <Scope {...section} />,
    states: () => <States {...section} />,
    priorities: () => <Priorities {...section} />,
    people: () => <People {...section} />,
    content: () => <Content {...section} />,
    fields: () => <Fields {...section} />,
    check: () => <Check draft={value} choices={names} />,
    history: () => <History restore={change} />,
  };
  const tabs = Object.entries(pages).map(([name, content]) => ({ title: text(`admin.settings.tab.${name}`), content }));
  return (
    <Stack space="space.200">
      <LicenceBanner answer={stored.value} />
      {choices.value.helpdesk ? null : (
        <SectionMessage appearance="information">
          <Text>{text('admin.settings.noNames')}</Text>
        </SectionMessage>
      )}
      <LazyTabs id="settings" tabs={tabs} />
      {refused ? <NotSaved refused={refused} compare={compare} /> : null}
      {saved ? (
        <SectionMessage appearance="success">
          <Text>{text('admin.settings.saved')}</Text>
        </SectionMessage>
      ) : null}
      <Inline space="space.100">
        <LoadingButton appearance="primary" isLoading={busy} isDisabled={draft === undefined || saved} onClick={() => void save()}>
          {text('admin.settings.save')}
        </LoadingButton>
        <Button isDisabled={draft === undefined || saved} onClick={() => (setDraft(undefined), setRefused(undefined))}>
          {text('admin.settings.discard')}
        </Button>
      </Inline>
    </Stack>
  );
}

function NotSaved({ refused, compare }: { refused: Invalid; compare: () => Promise<void> }) {
  const text = useTexts();
  if (refused.error !== 'invalid') {
    return refused.error === 'changed-meanwhile' ? <Refusal code={refused.error} again={() => void compare()} /> : <Refusal code={refused.error} />;
  }
  return (
    <SectionMessage appearance="error">
      <Text>{text('admin.settings.invalid', { field: refused.field ?? '', rule: refused.rule ?? '' })}</Text>
    </SectionMessage>
  );
}
