// Fields with two states, and choices of which all are visible.
import { Radio, RadioGroup } from '@atlaskit/radio';
import Toggle from '@atlaskit/toggle';
import { useEffect, useId, useRef, useState, type ComponentType, type ReactElement } from 'react';
import { pick, shown, type Given, type Registry } from '../nodes.tsx';
import type { Props } from '../tree.ts';

const AnyRadio = Radio as unknown as ComponentType<Props>;
const AnyRadioGroup = RadioGroup as unknown as ComponentType<Props>;

function Checkbox({ props }: Given): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const generated = useId();
  useEffect(() => {
    if (input.current) input.current.indeterminate = props.isIndeterminate === true;
  });
  const state = props.isChecked === undefined ? { defaultChecked: props.defaultChecked } : { checked: props.isChecked };
  const id = props.id ?? generated;
  return (
    <span className="host-checkbox">
      <input
        ref={input}
        type="checkbox"
        id={id}
        {...state}
        disabled={props.isDisabled}
        required={props.isRequired}
        aria-invalid={props['aria-invalid'] ?? props.isInvalid}
        onChange={(event) => props.onChange?.(event)}
        {...pick(props, 'name', 'value', 'onBlur', 'onFocus', 'aria-labelledby')}
      />
      {props.label === undefined ? null : <label htmlFor={id}>{shown(props.label)}</label>}
    </span>
  );
}

type Option = { label: string; value: string; isDisabled?: boolean };

function CheckboxGroup({ props }: Given): ReactElement {
  const [own, setOwn] = useState<string[]>(props.defaultValue ?? []);
  const chosen: string[] = props.value ?? own;
  const changed = (value: string, on: boolean): void => {
    const next = on ? [...chosen, value] : chosen.filter((other) => other !== value);
    setOwn(next);
    props.onChange?.(next);
  };
  return (
    <div role="group" aria-label={props.name} className="host-column">
      {((props.options ?? []) as Option[]).map(({ label, value, isDisabled }) => (
        <label key={value} className="host-checkbox">
          <input type="checkbox" name={props.name} value={value} checked={chosen.includes(value)} disabled={props.isDisabled || isDisabled} onChange={(event) => changed(value, event.target.checked)} />
          <span>{label}</span>
        </label>
      ))}
    </div>
  );
}

function Radios({ props }: Given): ReactElement {
  const generated = useId();
  const name = props.name ?? generated;
  const options = (props.options ?? []).map((option: Props) => ({ ...option, name }));
  return <AnyRadioGroup name={name} options={options} onChange={(event: unknown) => props.onChange?.(event)} {...pick(props, 'defaultValue', 'value', 'isDisabled', 'isInvalid', 'isRequired', 'testId', 'aria-labelledby')} />;
}

export const choices: Registry = {
  Checkbox,
  CheckboxGroup,
  Radio: ({ props }) => <AnyRadio onChange={(event: unknown) => props.onChange?.(event)} {...pick(props, 'label', 'isChecked', 'ariaLabel', 'id', 'isRequired', 'isDisabled', 'isInvalid', 'value', 'name', 'testId', 'aria-labelledby', 'onBlur', 'onFocus')} />,
  RadioGroup: Radios,
  Toggle: ({ props }) => <Toggle onChange={(event) => props.onChange?.(event)} {...pick(props, 'size', 'id', 'defaultChecked', 'isChecked', 'isDisabled', 'label', 'name', 'value', 'testId', 'onBlur', 'onFocus')} />,
};
