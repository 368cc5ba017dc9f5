// Fields for text and numbers.
import TextArea from '@atlaskit/textarea';
import Textfield from '@atlaskit/textfield';
import { useState, type ChangeEvent, type ReactElement } from 'react';
import { pick, shown, type Given, type Registry } from '../nodes.tsx';

const SHARED = ['appearance', 'autoFocus', 'id', 'isCompact', 'isDisabled', 'isInvalid', 'isMonospaced', 'isReadOnly', 'isRequired', 'maxLength', 'minLength', 'name', 'placeholder', 'testId', 'value', 'defaultValue', 'aria-invalid', 'aria-labelledby', 'onChange', 'onBlur', 'onFocus'];

function Range({ props }: Given): ReactElement {
  const [own, setOwn] = useState(props.defaultValue ?? props.min ?? 0);
  const changed = (event: ChangeEvent<HTMLInputElement>): void => {
    const value = Number(event.target.value);
    setOwn(value);
    props.onChange?.(value);
  };
  return (
    <input
      type="range"
      className="host-range"
      value={props.value ?? own}
      disabled={props.isDisabled}
      onChange={changed}
      {...pick(props, 'id', 'min', 'max', 'step', 'name', 'onBlur', 'onFocus', 'aria-invalid', 'aria-labelledby')}
    />
  );
}

export const fields: Registry = {
  Textfield: ({ props }) => (
    <Textfield {...pick(props, ...SHARED, 'type', 'width', 'min', 'max', 'pattern')} elemBeforeInput={shown(props.elemBeforeInput)} elemAfterInput={shown(props.elemAfterInput)} />
  ),
  TextArea: ({ props }) => <TextArea {...pick(props, ...SHARED, 'maxHeight', 'minimumRows', 'resize', 'spellCheck')} />,
  Range,
};
