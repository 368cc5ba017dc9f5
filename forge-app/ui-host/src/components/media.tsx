// Icons, pictures and people.
import Avatar from '@atlaskit/avatar';
import icons from 'icons';
import { useEffect, useState, type ReactElement } from 'react';
import { each, useSurroundings, type Given, type Registry } from '../nodes.tsx';
import { tokenValue } from '../xcss.tsx';
import { people } from './pickers.tsx';

function Icon({ props }: Given): ReactElement {
  const Glyph = Object.hasOwn(icons, props.glyph) ? icons[props.glyph] : undefined;
  if (!Glyph) return <strong className="host-unknown">no icon {String(props.glyph)}</strong>;
  return <Glyph label={props.label ?? ''} color={String(tokenValue(props.color ?? props.primaryColor ?? 'currentColor'))} size={props.size === 'small' ? 'small' : 'medium'} />;
}

const WIDTHS: Record<string, number> = { xsmall: 16, small: 96, medium: 256, large: 512, xlarge: 720 };

function Image({ props }: Given): ReactElement {
  const { width = WIDTHS[props.size], height } = props;
  return <img className="host-image" src={props.src} alt={props.alt ?? ''} width={width} height={height} />;
}

function User({ props }: Given): ReactElement {
  const { config } = useSurroundings();
  const [name, setName] = useState('');
  useEffect(() => {
    void people(config, { accountId: String(props.accountId) }).then(([person]) => setName(person?.name ?? String(props.accountId)));
  }, [props.accountId]);
  return (
    <span className="host-row host-user">
      <Avatar size="small" name={name} />
      {props.hideDisplayName ? null : <span>{name}</span>}
    </span>
  );
}

export const media: Registry = {
  Icon,
  Image,
  User,
  UserGroup: ({ nodes }) => <div className="host-row">{each(nodes)}</div>,
};
