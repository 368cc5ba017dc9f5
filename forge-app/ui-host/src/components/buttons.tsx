// Buttons.
import ButtonGroup from '@atlaskit/button/button-group';
import Button, { LinkButton } from '@atlaskit/button/new';
import icons from 'icons';
import type { ComponentType, ReactElement } from 'react';
import { webAddress } from '../bridge.ts';
import { each, pick, useSurroundings, type Given, type Registry } from '../nodes.tsx';
import type { Props } from '../tree.ts';

const SHARED = ['appearance', 'autoFocus', 'isDisabled', 'isSelected', 'spacing', 'testId', 'shouldFitContainer', 'type', 'isLoading'];
// Their props are checked against those that an app may give, not against every combination that Atlaskit allows.
const AnyButton = Button as unknown as ComponentType<Props>;
const AnyLinkButton = LinkButton as unknown as ComponentType<Props>;

function events(props: Props): Props {
  return pick(props, 'onClick', 'onBlur', 'onFocus');
}

/** The appearances of links exist for the older buttons only. */
function look(props: Props): Props {
  const chosen = pick(props, ...SHARED);
  if (['link', 'subtle-link'].includes(chosen.appearance)) chosen.appearance = 'subtle';
  if (chosen.spacing === 'none') chosen.spacing = 'compact';
  return chosen;
}

function PlainButton({ props, nodes }: Given): ReactElement {
  const { iconBefore, iconAfter } = props;
  return (
    <AnyButton type="button" {...look(props)} {...events(props)} iconBefore={icons[iconBefore]} iconAfter={icons[iconAfter]}>
      {each(nodes)}
    </AnyButton>
  );
}

function Anchor({ props, nodes }: Given): ReactElement {
  const { config } = useSurroundings();
  const href = props.href === undefined ? undefined : webAddress(String(props.href), config.context.siteUrl);
  return (
    <AnyLinkButton {...look(props)} {...events(props)} href={href} target={props.target ?? '_top'} rel="noopener noreferrer">
      {each(nodes)}
    </AnyLinkButton>
  );
}

export const buttons: Registry = {
  Button: PlainButton,
  LoadingButton: PlainButton,
  LinkButton: Anchor,
  ButtonGroup: ({ props, nodes }) => (
    <div className="host-button-group">
      <ButtonGroup {...pick(props, 'label', 'titleId')}>{each(nodes)}</ButtonGroup>
    </div>
  ),
};
