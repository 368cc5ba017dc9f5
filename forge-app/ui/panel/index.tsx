import React from 'react';
import { Text } from '@forge/react';
import { show } from '../shared/root';
import { useTexts } from '../shared/texts';

function Panel() {
  const text = useTexts();
  return <Text>{text('module.panel')}</Text>;
}

show(<Panel />);
