// A labelled list to choose from.
import React from 'react';
import { Label, Select, Stack } from '@forge/react';

export type Option<Value> = { label: string; value: Value };

type Props<Value> = { id: string; label: string; options: Option<Value>[]; value: Value | undefined; onChange: (value: Value) => void; disabled?: boolean };

export function Choice<Value extends string | number>({ id, label, options, value, onChange, disabled }: Props<Value>) {
  // A value that is not offered, such as the id of a deleted state, stays visible and is kept.
  const known = options.find((option) => option.value === value);
  const shown = known ?? (value === undefined ? null : { label: String(value), value });
  return (
    <Stack space="space.050">
      <Label labelFor={id}>{label}</Label>
      <Select inputId={id} options={options} value={shown} isDisabled={disabled ?? false} onChange={(chosen: Option<Value> | null) => (chosen ? onChange(chosen.value) : undefined)} />
    </Stack>
  );
}

type ManyProps<Value> = { id: string; label: string; options: Option<Value>[]; values: Value[]; onChange: (values: Value[]) => void };

export function Choices<Value extends string | number>({ id, label, options, values, onChange }: ManyProps<Value>) {
  const shown = values.map((value) => options.find((option) => option.value === value) ?? { label: String(value), value });
  return (
    <Stack space="space.050">
      <Label labelFor={id}>{label}</Label>
      <Select inputId={id} isMulti options={options} value={shown} onChange={(chosen: Option<Value>[] | null) => onChange((chosen ?? []).map(({ value }) => value))} />
    </Stack>
  );
}
