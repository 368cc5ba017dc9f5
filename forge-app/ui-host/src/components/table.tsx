// The table. @forge/react turns its cells into nodes; here they become props again.
import AtlaskitTable from '@atlaskit/dynamic-table';
import type { ComponentType, ReactElement } from 'react';
import { each, pick, shown, wrapped, type Given, type Registry } from '../nodes.tsx';
import type { Node, Props } from '../tree.ts';

const AnyTable = AtlaskitTable as unknown as ComponentType<Props>;

function cell({ props: { cellKey, ...others }, children }: Node): Props {
  return { ...others, key: cellKey, content: <>{each(children)}</> };
}

function DynamicTable({ props, nodes }: Given): ReactElement {
  const head = wrapped(nodes, 'head').map(cell);
  const rows = wrapped(nodes, 'rows').map(({ props: { rowKey, ...others }, children }) => ({ ...others, key: rowKey, cells: children.map(cell) }));
  const names = ['caption', 'defaultPage', 'defaultSortKey', 'defaultSortOrder', 'highlightedRowIndex', 'isFixedSize', 'isLoading', 'label', 'loadingSpinnerSize', 'page', 'paginationi18n', 'rowsPerPage', 'sortKey', 'sortOrder', 'testId'];
  return (
    // A wide table scrolls by itself and not with the page, also with the keyboard.
    <div className="host-scroll" tabIndex={0} role="group" aria-label={props.label ?? props.caption}>
      <AnyTable
        {...pick(props, ...names)}
        {...(head.length > 0 ? { head: { cells: head } } : {})}
        rows={rows}
        emptyView={props.emptyView === undefined ? undefined : <>{shown(props.emptyView)}</>}
        {...(props.onSetPage ? { onSetPage: (page: number) => props.onSetPage(page) } : {})}
        {...(props.onSort ? { onSort: (sorted: Props) => props.onSort({ key: sorted.key, sortOrder: sorted.sortOrder }) } : {})}
      />
    </div>
  );
}

export const table: Registry = { DynamicTable };
