// Tabs whose content is made when it is first shown, so that opening a page does not load everything. It stays afterwards, with what
// was typed into it.
import React, { useState, type ReactElement } from 'react';
import { Tab, TabList, TabPanel, Tabs } from '@forge/react';

export type LazyTab = { title: string; content: () => ReactElement };

export function LazyTabs({ id, tabs }: { id: string; tabs: LazyTab[] }) {
  const [shown, setShown] = useState<number[]>([0]);
  const show = (at: number): void => setShown((before) => (before.includes(at) ? before : [...before, at]));
  return (
    <Tabs id={id} onChange={show}>
      <TabList>
        {tabs.map(({ title }) => (
          <Tab key={title}>{title}</Tab>
        ))}
      </TabList>
      {tabs.map(({ title, content }, at) => (
        <TabPanel key={title}>{shown.includes(at) ? content() : null}</TabPanel>
      ))}
    </Tabs>
  );
}
