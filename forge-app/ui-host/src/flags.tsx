// Flags: short messages over the page.
import Button from '@atlaskit/button/new';
import { useEffect, type ReactElement } from 'react';
import type { Flag } from './bridge.ts';
import { useWords } from './words.ts';

const AUTO_DISMISS_MS = 8_000;

export function Flags({ flags, close }: { flags: Flag[]; close: (id: string) => void }): ReactElement {
  return (
    <div className="host-flags" role="status">
      {flags.map((flag) => (
        <FlagView key={flag.id} flag={flag} close={() => close(flag.id)} />
      ))}
    </div>
  );
}

function FlagView({ flag, close }: { flag: Flag; close: () => void }): ReactElement {
  const word = useWords();
  const { title, type, description, actions = [], isAutoDismiss } = flag;
  useEffect(() => {
    if (!isAutoDismiss) return;
    const timer = setTimeout(close, AUTO_DISMISS_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={`host-flag host-flag-${type}`}>
      <strong>{title}</strong>
      {description === undefined ? null : <p>{description}</p>}
      <div className="host-row">
        {actions.map(({ text, onClick }) => (
          <Button key={text} spacing="compact" onClick={() => onClick()}>
            {text}
          </Button>
        ))}
        <Button spacing="compact" appearance="subtle" onClick={close}>
          {word('close')}
        </Button>
      </div>
    </div>
  );
}
