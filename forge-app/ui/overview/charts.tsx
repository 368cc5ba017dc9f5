// The counts as charts, each with a text that says the same.
import React from 'react';
import { BarChart, DonutChart, Heading, HorizontalBarChart, Inline, Link, Stack, Text } from '@forge/react';
import { useTexts } from '../common/texts';
import type { Overview } from './types';

const BUCKETS = ['open', 'pending', 'closed', 'unknown'];
const AGES = ['day', 'week', 'month', 'quarter', 'older'];

export function Charts({ view: { buckets, ages, top } }: { view: Overview }) {
  const text = useTexts();
  const byBucket = BUCKETS.map((bucket, at) => ({ name: text(`overview.bucket.${bucket}`), count: buckets[at] ?? 0 }));
  const byAge = AGES.map((age, at) => ({ name: text(`overview.age.${age}`), count: ages[at] ?? 0 }));
  const said = (rows: { name: string; count: number }[]): string => rows.map(({ name, count }) => `${name}: ${count}`).join(', ');
  return (
    <Stack space="space.200">
      <DonutChart title={text('overview.buckets')} data={byBucket} colorAccessor="name" valueAccessor="count" labelAccessor="name" />
      <Text>{said(byBucket)}</Text>
      <BarChart title={text('overview.ages')} data={byAge} xAccessor="name" yAccessor="count" height={240} />
      <Text>{said(byAge)}</Text>
      <Heading as="h2" size="small">{text('overview.top')}</Heading>
      {top.length === 0 ? (
        <Text>{text('overview.none')}</Text>
      ) : (
        <>
          <HorizontalBarChart data={top} xAccessor="waitingCustomers" yAccessor="key" height={240} />
          <Inline space="space.100" shouldWrap>
            {top.map(({ key, waitingCustomers }) => (
              <Text key={key}>
                <Link href={`/browse/${key}`} openNewTab>{key}</Link> {waitingCustomers}
              </Text>
            ))}
          </Inline>
        </>
      )}
    </Stack>
  );
}
