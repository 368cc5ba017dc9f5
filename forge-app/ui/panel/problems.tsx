// Why something is not in sync, in plain words.
import React from 'react';
import { SectionMessage, Stack, Text } from '@forge/react';
import { known, useTexts } from '../common/texts';
import { millis, relative } from '../common/times';
import type { Problem } from './types';

type Props = { problems: Problem[]; now: number; locale: string };

export function Problems({ problems, now, locale }: Props) {
  const text = useTexts();
  if (problems.length === 0) return null;
  return (
    <SectionMessage appearance="warning" title={text('panel.problems.title')}>
      <Stack space="space.050">
        {problems.map((problem) => (
          <Row key={`${problem.subject} ${problem.code} ${problem.since}`} {...{ problem, now, locale }} />
        ))}
      </Stack>
    </SectionMessage>
  );
}

function Row({ problem: { subject, code, since, nextTry }, now, locale }: { problem: Problem; now: number; locale: string }) {
  const text = useTexts();
  const what = known(text, `panel.subject.${subject}`) ?? text('panel.subject.other', { subject });
  const why = known(text, `panel.reason.${code}`) ?? text('panel.reason.other', { code });
  const [from, next] = [millis(since), millis(nextTry)];
  const times = [
    from === undefined ? '' : text('panel.problems.since', { since: relative(from, now, locale) }),
    // A time that has passed says nothing about the next one.
    next === undefined || next <= now ? '' : text('panel.problems.next', { next: relative(next, now, locale) }),
  ];
  return <Text>{[`${what}: ${why}`, ...times].filter(Boolean).join(' ')}</Text>;
}
