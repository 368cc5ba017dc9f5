// The texts to paste on the sidecar's machine. They contain the secret and are shown once.
import React from 'react';
import { CodeBlock, SectionMessage, Stack, Tab, TabList, TabPanel, Tabs, Text } from '@forge/react';
import { useTexts } from '../../common/texts';
import type { Made } from './types';

export function Paste({ made }: { made: Made }) {
  const text = useTexts();
  const { env, docker, compose } = made.texts;
  return (
    <Stack space="space.150">
      <SectionMessage appearance="warning" title={text('admin.paste.once')}>
        <Text>{text('admin.paste.secret')}</Text>
      </SectionMessage>
      <Text>{text('admin.paste.env')}</Text>
      <CodeBlock text={env} language="bash" />
      {docker && compose ? (
        <Tabs id="start">
          <TabList>
            <Tab>{text('admin.paste.compose')}</Tab>
            <Tab>{text('admin.paste.docker')}</Tab>
          </TabList>
          <TabPanel>
            <CodeBlock text={compose} language="yaml" />
          </TabPanel>
          <TabPanel>
            <CodeBlock text={docker} language="bash" />
          </TabPanel>
        </Tabs>
      ) : null}
    </Stack>
  );
}
