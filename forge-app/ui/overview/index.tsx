import React, { useCallback, useEffect, useState } from 'react';
import { Label, Select, Spinner, Stack, Text, useProductContext } from '@forge/react';
import { call, isRefused } from '../common/call';
import { LicenceBanner } from '../common/licence';
import { Refusal } from '../common/refusal';
import { show } from '../common/root';
import { useTexts, type Texts } from '../common/texts';
import { relative } from '../common/times';
import { Charts } from './charts';
import type { Overview } from './types';

const FILTER = 'project';
type Option = { label: string; value: string };

/** The gadget shows all projects and can be filtered; a project's page shows that project. */
function Page() {
  const context = useProductContext();
  const ofProject = (context?.extension['project'] as { key?: string } | undefined)?.key;
  return context ? <Counts ofProject={ofProject} locale={context.locale} /> : <Loading />;
}

function Loading() {
  const text = useTexts();
  return <Spinner label={text('panel.loading')} />;
}

function Counts({ ofProject, locale }: { ofProject: string | undefined; locale: string }) {
  const text = useTexts();
  const [project, setProject] = useState(ofProject ?? '');
  const [view, setView] = useState<Overview>();
  const [error, setError] = useState<string>();
  const load = useCallback(async () => {
    const answer = await call<Overview>('overview.view', project === '' ? {} : { project });
    if (isRefused(answer)) return setError(answer.error);
    setError(undefined);
    setView(answer);
  }, [project]);
  useEffect(() => void load(), [load]);
  const failed = error && <Refusal code={error} again={() => void load()} />;
  if (!view) return failed || <Loading />;
  const all: Option = { label: text('overview.all'), value: '' };
  const options = [all, ...view.projects.map((key) => ({ label: key, value: key }))];
  return (
    <Stack space="space.200">
      {failed}
      <LicenceBanner answer={view} />
      {ofProject === undefined && (
        <>
          <Label labelFor={FILTER}>{text('overview.filter')}</Label>
          <Select inputId={FILTER} options={options} value={options.find(({ value }) => value === project) ?? all} onChange={(chosen: Option) => setProject(chosen.value)} />
        </>
      )}
      <Text>{text('overview.sum', { issues: view.issues, tickets: view.tickets })}</Text>
      {view.issues > 0 && <Charts view={view} />}
      {health(text, view, locale).map((line) => <Text key={line} size="small">{line}</Text>)}
    </Stack>
  );
}

/** How far both sides agree, what lags, and how old the counts are. */
function health(text: Texts, { now, at, complete, drift, oldestWaiting, sidecar }: Overview, locale: string): string[] {
  const when = (time: number): string => relative(time, now, locale);
  const { checked = 0, differed = 0, repaired = 0 } = drift?.report ?? {};
  return [
    ...(drift && checked > 0 ? [text('overview.agree', { percent: Math.floor((100 * (checked - differed + repaired)) / checked), checked, when: when(drift.at) })] : []),
    oldestWaiting === undefined ? text('overview.noLag') : text('overview.lag', { when: when(oldestWaiting) }),
    ...(sidecar.connected ? [] : [text(sidecar.lastContact === undefined ? 'panel.away.never' : 'panel.away.since', { when: when(sidecar.lastContact ?? now) })]),
    text('overview.asOf', { when: when(at) }),
    ...(complete ? [] : [text('overview.partial')]),
  ];
}

show(<Page />);
