// Components that place others.
import { Bleed, Box as AtlaskitBox, Inline, Stack } from '@atlaskit/primitives/compiled';
import { useId, type ReactElement } from 'react';
import { each, pick, shown, type Given, type Registry } from '../nodes.tsx';
import { xcss } from '../xcss.tsx';

const PADDING = ['padding', 'paddingBlock', 'paddingBlockEnd', 'paddingBlockStart', 'paddingInline', 'paddingInlineEnd', 'paddingInlineStart'];

function Box({ props, nodes }: Given): ReactElement {
  const className = `host-box-${useId().replaceAll(':', '')}`;
  const { style, sheet } = xcss(props.xcss, className);
  return (
    <>
      {sheet === '' ? null : <style>{sheet}</style>}
      <AtlaskitBox {...pick(props, 'backgroundColor', 'role', 'testId', ...PADDING)}>
        {/* Box itself does not take styles from outside. */}
        <div className={className} style={style}>
          {each(nodes)}
        </div>
      </AtlaskitBox>
    </>
  );
}

function Pressable({ props, nodes }: Given): ReactElement {
  const className = `host-box-${useId().replaceAll(':', '')}`;
  const paddings = Object.fromEntries(PADDING.flatMap((name) => (props[name] === undefined ? [] : [[name, props[name]]])));
  const { style, sheet } = xcss([{ backgroundColor: props.backgroundColor, ...paddings }, props.xcss], className);
  return (
    <>
      {sheet === '' ? null : <style>{sheet}</style>}
      <button type="button" className={`host-pressable ${className}`} style={style} disabled={props.isDisabled} onClick={(event) => props.onClick?.(event)}>
        {each(nodes)}
      </button>
    </>
  );
}

export const layout: Registry = {
  Root: ({ nodes }) => <>{each(nodes)}</>,
  Fragment: ({ nodes }) => <>{each(nodes)}</>,
  Box,
  Pressable,
  Stack: ({ props, nodes }) => <Stack {...pick(props, 'alignBlock', 'alignInline', 'grow', 'space', 'spread', 'testId')}>{each(nodes)}</Stack>,
  Inline: ({ props, nodes }) => (
    <Inline {...pick(props, 'alignBlock', 'alignInline', 'grow', 'space', 'spread', 'shouldWrap', 'rowSpace', 'testId')} separator={props.separator === undefined ? undefined : <>{shown(props.separator)}</>}>
      {each(nodes)}
    </Inline>
  ),
  Bleed: ({ props, nodes }) => <Bleed {...pick(props, 'all', 'inline', 'block', 'testId')}>{each(nodes)}</Bleed>,
  List: ({ props, nodes }) => (props.type === 'ordered' ? <ol className="host-list">{each(nodes)}</ol> : <ul className="host-list">{each(nodes)}</ul>),
  ListItem: ({ nodes }) => <li>{each(nodes)}</li>,
};
