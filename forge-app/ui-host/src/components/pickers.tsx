// Fields that open a list or a calendar.
import { DatePicker as AtlaskitDatePicker, TimePicker as AtlaskitTimePicker } from '@atlaskit/datetime-picker';
import AtlaskitSelect, { AsyncSelect } from '@atlaskit/select';
import { useEffect, useId, useState, type ComponentType, type ReactElement } from 'react';
import { address, type Config } from '../config.ts';
import { pick, useSurroundings, type Given, type Registry } from '../nodes.tsx';
import type { Props } from '../tree.ts';

const AnySelect = AtlaskitSelect as unknown as ComponentType<Props>;
const AnyAsyncSelect = AsyncSelect as unknown as ComponentType<Props>;
/** A list that is cut off by the frame of a panel could not be used. */
const OVER_ALL = { menuPortalTarget: document.body, styles: { menuPortal: (base: Props) => ({ ...base, zIndex: 9999 }) } };

const SHARED = ['appearance', 'autoFocus', 'closeMenuOnScroll', 'closeMenuOnSelect', 'defaultInputValue', 'defaultMenuIsOpen', 'defaultValue', 'inputValue', 'isClearable', 'isDisabled', 'isInvalid', 'isLoading', 'isMulti', 'isRequired', 'isSearchable', 'menuIsOpen', 'name', 'openMenuOnFocus', 'options', 'placeholder', 'spacing', 'testId', 'value'];

function Select({ props }: Given): ReactElement {
  return (
    <AnySelect
      {...OVER_ALL}
      {...pick(props, ...SHARED)}
      // A Label names the field by either id.
      inputId={props.inputId ?? props.id}
      onChange={(value: unknown) => props.onChange?.(value)}
      onBlur={(event: unknown) => props.onBlur?.(event)}
      onFocus={(event: unknown) => props.onFocus?.(event)}
      {...(props.onInputChange ? { onInputChange: (text: string) => props.onInputChange(text) } : {})}
    />
  );
}

type Person = { id: string; name: string; email: string; avatarUrl: string; type: string };

export async function people(config: Config, asked: Record<string, string>): Promise<Person[]> {
  const response = await fetch(address(config, 'people', asked));
  return response.ok ? ((await response.json()) as Person[]) : [];
}

function UserPicker({ props }: Given): ReactElement {
  const { config } = useSurroundings();
  const inputId = useId();
  const [chosen, setChosen] = useState<Person[]>([]);
  useEffect(() => {
    const ids: string[] = [props.defaultValue ?? []].flat();
    void Promise.all(ids.map((accountId) => people(config, { accountId }))).then((found) => setChosen(found.flat()));
  }, []);
  const changed = (value: Person | Person[] | null): void => {
    setChosen([value ?? []].flat());
    props.onChange?.(value);
  };
  return (
    <div>
      <label htmlFor={inputId} className="host-label">
        {props.label}
      </label>
      <AnyAsyncSelect
        {...OVER_ALL}
        inputId={inputId}
        value={props.isMulti ? chosen : (chosen[0] ?? null)}
        loadOptions={(query: string) => people(config, { query })}
        getOptionLabel={({ name }: Person) => name}
        getOptionValue={({ id }: Person) => id}
        isClearable
        onChange={changed}
        {...pick(props, 'isMulti', 'isRequired', 'name', 'placeholder')}
      />
      {props.description === undefined ? null : <p className="host-help">{props.description}</p>}
    </div>
  );
}

function DatePicker({ props }: Given): ReactElement {
  const { config } = useSurroundings();
  const names = ['appearance', 'autoFocus', 'dateFormat', 'defaultIsOpen', 'defaultValue', 'disabled', 'id', 'isDisabled', 'isInvalid', 'isOpen', 'isRequired', 'maxDate', 'minDate', 'name', 'nextMonthLabel', 'placeholder', 'previousMonthLabel', 'shouldShowCalendarButton', 'spacing', 'testId', 'value', 'weekStartDay'];
  return (
    <AtlaskitDatePicker
      locale={props.locale ?? config.context.locale}
      {...pick(props, ...names)}
      // Without it a Label names the hidden value and not the field.
      selectProps={{ ...props.selectProps, inputId: props.id }}
      onChange={(value: string) => props.onChange?.(value)}
      onBlur={() => props.onBlur?.()}
      onFocus={() => props.onFocus?.()}
    />
  );
}

function TimePicker({ props }: Given): ReactElement {
  const { config } = useSurroundings();
  const names = ['appearance', 'autoFocus', 'defaultIsOpen', 'defaultValue', 'hideIcon', 'id', 'isDisabled', 'isInvalid', 'isOpen', 'isRequired', 'label', 'name', 'placeholder', 'spacing', 'testId', 'timeFormat', 'timeIsEditable', 'times', 'value'];
  return <AtlaskitTimePicker locale={props.locale ?? config.context.locale} {...pick(props, ...names)} selectProps={{ ...props.selectProps, inputId: props.id }} onChange={(value: string) => props.onChange?.(value)} />;
}

export const pickers: Registry = { Select, UserPicker, DatePicker, TimePicker };
