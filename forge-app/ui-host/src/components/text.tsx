// Text and what stands in a text.
import Badge from '@atlaskit/badge';
import AtlaskitHeading from '@atlaskit/heading';
import Lozenge from '@atlaskit/lozenge';
import { Text as AtlaskitText } from '@atlaskit/primitives/compiled';
import Tag from '@atlaskit/tag';
import TagGroup from '@atlaskit/tag-group';
import { createContext, useContext, type ReactElement } from 'react';
import { webAddress } from '../bridge.ts';
import { each, pick, shown, useSurroundings, wordsOf, type Given, type Registry } from '../nodes.tsx';

const InText = createContext(false);

function Text({ props, nodes }: Given): ReactElement {
  const inside = useContext(InText);
  const { as = inside ? 'span' : 'p' } = props;
  const content = <InText.Provider value={true}>{each(nodes)}</InText.Provider>;
  return (
    <AtlaskitText as={as === 'strike' ? 'span' : as} {...pick(props, 'align', 'color', 'maxLines', 'size', 'weight', 'testId')}>
      {as === 'strike' ? <s>{content}</s> : content}
    </AtlaskitText>
  );
}

function Heading({ props, nodes }: Given): ReactElement {
  return (
    <AtlaskitHeading size={props.size ?? 'medium'} {...pick(props, 'as', 'color', 'id', 'testId')}>
      {each(nodes)}
    </AtlaskitHeading>
  );
}

function Link({ props, nodes }: Given): ReactElement {
  const { config } = useSurroundings();
  let href: string;
  try {
    href = webAddress(String(props.href), config.context.siteUrl);
  } catch (error) {
    return <strong className="host-unknown">{error instanceof Error ? error.message : String(error)}</strong>;
  }
  const target = props.openNewTab ? { target: '_blank', rel: 'noopener noreferrer' } : { target: '_top' };
  return (
    <a className="host-link" href={href} {...target}>
      {each(nodes)}
    </a>
  );
}

function CodeBlock({ props }: Given): ReactElement {
  const lines = String(props.text ?? '').split('\n');
  return (
    // A block that scrolls must be reachable with the keyboard.
    <pre className={props.shouldWrapLongLines ? 'host-code host-code-wrap' : 'host-code'} tabIndex={0}>
      <code>
        {lines.map((line, at) => (
          <span key={at} className={props.showLineNumbers === false ? undefined : 'host-code-line'}>
            {line}
            {'\n'}
          </span>
        ))}
      </code>
    </pre>
  );
}

function TagView({ props }: Given): ReactElement {
  const before = shown(props.elemBefore);
  return <Tag {...pick(props, 'text', 'color', 'href', 'testId')} text={String(props.text)} isRemovable={false} elemBefore={before} />;
}

export const text: Registry = {
  String: ({ props }) => <>{String(props.text)}</>,
  Text,
  Heading,
  Link,
  CodeBlock,
  Strong: ({ nodes }) => <strong>{each(nodes)}</strong>,
  Em: ({ nodes }) => <em>{each(nodes)}</em>,
  Strike: ({ nodes }) => <s>{each(nodes)}</s>,
  Code: ({ nodes }) => <code className="host-inline-code">{each(nodes)}</code>,
  Lozenge: ({ props, nodes }) => <Lozenge {...pick(props, 'appearance', 'isBold', 'maxWidth', 'testId')}>{wordsOf(nodes)}</Lozenge>,
  Badge: ({ props, nodes }) => {
    const words = wordsOf(nodes);
    return (
      <Badge {...pick(props, 'appearance', 'max', 'testId')}>{/^\d+$/.test(words) ? Number(words) : words}</Badge>
    );
  },
  Tag: TagView,
  SimpleTag: TagView,
  TagGroup: ({ props, nodes }) => <TagGroup {...pick(props, 'alignment')}>{each(nodes)}</TagGroup>,
};
