// Says why the app refused something, by its code.
import React from 'react';
import { SectionMessage, Text } from '@forge/react';
import { useTexts } from '../shared/texts';

const KNOWN = new Set(['unavailable', 'forbidden', 'malformed', 'invalid', 'not-confirmed', 'licence-inactive', 'too-large']);

export function Refusal({ code }: { code: string }) {
  const text = useTexts();
  return (
    <SectionMessage appearance="error">
      <Text>{text(`error.${KNOWN.has(code) ? code : 'unavailable'}`)}</Text>
    </SectionMessage>
  );
}
