// A refused call in plain words.
import React from 'react';
import { Button, SectionMessage, Stack, Text } from '@forge/react';
import { useTexts } from './texts';

/** again: what the button "Try again" does; without it there is no button. */
export function Refusal({ code, again }: { code: string; again?: () => void }) {
  const text = useTexts();
  const known = text(`error.${code}`);
  // A code without a text of its own is shown as it is, so that it can be looked up.
  const words = known === `error.${code}` ? text('error.other', { code }) : known;
  return (
    <SectionMessage appearance="error">
      <Stack space="space.100" alignInline="start">
        <Text>{words}</Text>
        {again ? <Button onClick={again}>{text('error.again')}</Button> : null}
      </Stack>
    </SectionMessage>
  );
}
