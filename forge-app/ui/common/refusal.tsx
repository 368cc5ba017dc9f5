// A refused call in plain words.
import React from 'react';
import { Button, SectionMessage, Stack, Text } from '@forge/react';
import { errorText, useTexts } from './texts';

/** again: what the button "Try again" does; without it there is no button. */
export function Refusal({ code, again }: { code: string; again?: () => void }) {
  const text = useTexts();
  return (
    <SectionMessage appearance="error">
      <Stack space="space.100" alignInline="start">
        <Text>{errorText(text, code)}</Text>
        {again ? <Button onClick={again}>{text('error.again')}</Button> : null}
      </Stack>
    </SectionMessage>
  );
}
