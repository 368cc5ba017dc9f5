// The admin page.
import React from 'react';
import { LazyTabs } from '../common/lazy-tabs';
import { show } from '../common/root';
import { useTexts } from '../common/texts';
import { AuditTab } from './audit';
import { ConnectionTab } from './connection';
import { FailuresTab } from './failures';
import { PrivacyTab } from './privacy';
import { SettingsTab } from './settings';

function AdminPage() {
  const text = useTexts();
  const tabs = [
    { title: text('admin.tab.connection'), content: () => <ConnectionTab /> },
    { title: text('admin.tab.settings'), content: () => <SettingsTab /> },
    { title: text('admin.tab.failures'), content: () => <FailuresTab /> },
    { title: text('audit.title'), content: () => <AuditTab /> },
    { title: text('privacy.title'), content: () => <PrivacyTab /> },
  ];
  return <LazyTabs id="admin" tabs={tabs} />;
}

show(<AdminPage />);
