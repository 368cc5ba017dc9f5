// The banner of an installation without an active licence, which the app's answers tell.
import React from 'react';
import { SectionMessage, Text } from '@forge/react';
import { useTexts } from './texts';

export function LicenceBanner({ answer }: { answer: object }) {
  const text = useTexts();
  if (!('licence' in answer)) return null;
  return (
    <SectionMessage appearance="warning" title={text('admin.licence.title')}>
      <Text>{text('admin.licence.text')}</Text>
    </SectionMessage>
  );
}
