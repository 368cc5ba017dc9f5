// Forms and the texts around fields.
import { ErrorMessage, FormFooter, FormHeader, FormSection, HelperMessage, Label, RequiredAsterisk, ValidMessage } from '@atlaskit/form';
import type { FormEvent, ReactElement } from 'react';
import { each, pick, shown, type Given, type Registry } from '../nodes.tsx';

function Form({ props, nodes }: Given): ReactElement {
  const submitted = (event: FormEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    props.onSubmit?.();
  };
  // The app validates: the browser's own messages do not exist on the platform either.
  return (
    <form noValidate onSubmit={submitted}>
      {each(nodes)}
    </form>
  );
}

export const forms: Registry = {
  Form,
  FormHeader: ({ props, nodes }) => <FormHeader {...pick(props, 'title')} description={shown(props.description)}>{each(nodes)}</FormHeader>,
  FormSection: ({ props, nodes }) => <FormSection {...pick(props, 'title')} description={shown(props.description)}>{each(nodes)}</FormSection>,
  FormFooter: ({ props, nodes }) => <FormFooter {...pick(props, 'align')}>{each(nodes)}</FormFooter>,
  Label: ({ props, nodes }) => (
    <Label htmlFor={props.labelFor} {...pick(props, 'id', 'testId')}>
      {each(nodes)}
    </Label>
  ),
  HelperMessage: ({ nodes }) => <HelperMessage>{each(nodes)}</HelperMessage>,
  ErrorMessage: ({ nodes }) => <ErrorMessage>{each(nodes)}</ErrorMessage>,
  ValidMessage: ({ nodes }) => <ValidMessage>{each(nodes)}</ValidMessage>,
  RequiredAsterisk: () => <RequiredAsterisk />,
};
