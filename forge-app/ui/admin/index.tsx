import React from 'react';
import { Tab, TabList, TabPanel, Tabs } from '@forge/react';
import { show } from '../shared/root';
import { useTexts } from '../shared/texts';
import { AuditTab } from './audit';
import { PrivacyTab } from './privacy';

function Admin() {
  const text = useTexts();
  return (
    <Tabs id="admin">
      <TabList>
        <Tab>{text('audit.title')}</Tab>
        <Tab>{text('privacy.title')}</Tab>
      </TabList>
      <TabPanel>
        <AuditTab />
      </TabPanel>
      <TabPanel>
        <PrivacyTab />
      </TabPanel>
    </Tabs>
  );
}

show(<Admin />);
