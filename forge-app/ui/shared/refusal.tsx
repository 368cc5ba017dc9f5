// A refused call in plain words.
import React from 'react';
import { SectionMessage, SectionMessageAction, Text } from '@forge/react';
import { useTexts } from './texts';

/** again: what the button "Try again" does; without it there is no button. */
export function Refusal({ code, again }: { code: string; again?: () => void }) {
  const text = useTexts();
  const known = text(`error.${code}`);
  // A code without a text of its own is shown as it is, so that it can be looked up.
  const words = known === `error.${code}` ? text('error.other', { code }) : known;
  const actions = again ? { actions: [<SectionMessageAction key="again" onClick={again}>{text('error.again')}</SectionMessageAction>] } : {};
  return (
    <SectionMessage appearance="error" {...actions}>
      <Text>{words}</Text>
    </SectionMessage>
  );
}
