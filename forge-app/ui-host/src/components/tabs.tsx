// Tabs, breadcrumbs and pages of a list.
import Breadcrumbs, { BreadcrumbsItem } from '@atlaskit/breadcrumbs';
import AtlaskitPagination from '@atlaskit/pagination';
import AtlaskitTabs, { Tab, TabList, TabPanel } from '@atlaskit/tabs';
import { useId, type ReactElement } from 'react';
import { webAddress } from '../bridge.ts';
import { each, pick, useSurroundings, type Given, type Registry } from '../nodes.tsx';
import { useWords } from '../words.ts';

function Tabs({ props, nodes }: Given): ReactElement {
  const generated = useId();
  const changed = props.onChange ? { onChange: (selected: number) => props.onChange(selected) } : {};
  return (
    <AtlaskitTabs id={props.id ?? generated} {...pick(props, 'defaultSelected', 'selected', 'shouldUnmountTabPanelOnChange', 'testId')} {...changed}>
      {each(nodes)}
    </AtlaskitTabs>
  );
}

function Crumb({ props }: Given): ReactElement {
  const { config } = useSurroundings();
  return <BreadcrumbsItem text={String(props.text)} {...(props.href === undefined ? {} : { href: webAddress(String(props.href), config.context.siteUrl), target: '_top' })} />;
}

function Pagination({ props }: Given): ReactElement {
  const word = useWords();
  return (
    <AtlaskitPagination
      {...pick(props, 'defaultSelectedIndex', 'label', 'max', 'pageLabel', 'selectedIndex', 'testId')}
      pages={props.pages ?? []}
      nextLabel={props.nextLabel ?? word('next')}
      previousLabel={props.previousLabel ?? word('previous')}
      onChange={(event, page) => props.onChange?.(event, page)}
    />
  );
}

export const tabs: Registry = {
  Tabs,
  TabList: ({ nodes }) => <TabList>{each(nodes)}</TabList>,
  Tab: ({ props, nodes }) => <Tab {...pick(props, 'testId')}>{each(nodes)}</Tab>,
  TabPanel: ({ props, nodes }) => <TabPanel {...pick(props, 'testId')}><div className="host-tab-panel">{each(nodes)}</div></TabPanel>,
  Breadcrumbs: ({ props, nodes }) => <Breadcrumbs {...pick(props, 'defaultExpanded', 'ellipsisLabel', 'isExpanded', 'itemsAfterCollapse', 'itemsBeforeCollapse', 'label', 'maxItems', 'testId')}>{each(nodes)}</Breadcrumbs>,
  BreadcrumbsItem: Crumb,
  Pagination,
};
