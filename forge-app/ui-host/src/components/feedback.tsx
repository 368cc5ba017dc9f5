// Components that tell the user about a state.
import ProgressBar from '@atlaskit/progress-bar';
import SectionMessage, { SectionMessageAction } from '@atlaskit/section-message';
import Spinner from '@atlaskit/spinner';
import { createElement, type ReactElement } from 'react';
import { each, NodeView, pick, shown, type Given, type Registry } from '../nodes.tsx';
import { isNode, type Node, type Props } from '../tree.ts';
import { useWords } from '../words.ts';

function Message({ props, nodes }: Given): ReactElement {
  const actions = [props.actions ?? []].flat().filter(isNode) as Node[];
  return (
    <SectionMessage {...pick(props, 'appearance', 'title', 'testId')} actions={actions.map((node) => <NodeView key={node.key} node={node} />)}>
      <div>{each(nodes)}</div>
    </SectionMessage>
  );
}

function EmptyState({ props }: Given): ReactElement {
  const level = Math.min(Math.max(Number(props.headingLevel ?? 4), 1), 6);
  return (
    <section className={props.width === 'narrow' ? 'host-empty host-empty-narrow' : 'host-empty'} data-testid={props.testId}>
      {createElement(`h${level}`, {}, props.header)}
      {props.description === undefined ? null : <div>{shown(props.description)}</div>}
      <div className="host-row">
        {shown(props.secondaryAction)}
        {shown(props.primaryAction)}
        {props.isLoading ? <Spinner size="small" /> : null}
      </div>
      {shown(props.tertiaryAction)}
    </section>
  );
}

/** As a list: the component of the design system draws its line in steps of time, which no picture of it would show twice. */
function ProgressTracker({ props }: Given): ReactElement {
  const word = useWords();
  const items = (props.items ?? []) as Props[];
  return (
    <ol className="host-tracker" aria-label={props.label ?? word('step')} data-testid={props.testId}>
      {items.map(({ id, label, percentageComplete = 0, status, onClick }) => (
        <li key={id} className={`host-step host-step-${status}`} aria-current={status === 'current' ? 'step' : undefined}>
          <span className="host-step-line">
            <span style={{ width: `${percentageComplete}%` }} />
          </span>
          {onClick && status === 'visited' ? (
            <button type="button" className="host-pressable host-link" onClick={() => onClick({ id, label })}>
              {label}
            </button>
          ) : (
            label
          )}
        </li>
      ))}
    </ol>
  );
}

function Loading({ props }: Given): ReactElement {
  const word = useWords();
  return <Spinner {...pick(props, 'appearance', 'delay', 'size', 'testId')} label={props.label ?? word('loading')} />;
}

export const feedback: Registry = {
  SectionMessage: Message,
  SectionMessageAction: ({ props, nodes }) => <SectionMessageAction {...pick(props, 'href', 'testId')} {...(props.onClick ? { onClick: () => props.onClick() } : {})}>{each(nodes)}</SectionMessageAction>,
  EmptyState,
  ProgressTracker,
  ProgressBar: ({ props }) => <ProgressBar {...pick(props, 'appearance', 'isIndeterminate', 'value', 'testId')} ariaLabel={props.ariaLabel} />,
  Spinner: Loading,
};
