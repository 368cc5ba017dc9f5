import React from 'react';
import { Text } from '@forge/react';
import { show } from '../shared/root';
import { useTexts } from '../shared/texts';

function Admin() {
  const text = useTexts();
  return <Text>{text('module.admin')}</Text>;
}

show(<Admin />);
