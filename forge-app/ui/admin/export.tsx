// A modal with the parts of an export, to copy: UI Kit has no component that saves a file, and its links accept no data.
import React, { useEffect, useState } from 'react';
import { Button, ButtonGroup, Label, Modal, ModalBody, ModalFooter, ModalHeader, ModalTitle, Spinner, Stack, Text, TextArea } from '@forge/react';
import { call, isRefused, type Refused } from '../common/call';
import { useTexts } from '../common/texts';
import { Refusal } from '../common/refusal';

type Part = { text: string; cursor?: string };
type Props<Answer extends object> = {
  functionKey: string;
  payload: object;
  /** Group of the texts. */
  group: 'audit.export' | 'privacy.export';
  /** The part of the file in an answer. */
  textOf: (answer: Answer) => string;
  onClose: () => void;
};

export function ExportModal<Answer extends { cursor?: string }>({ functionKey, payload, group, textOf, onClose }: Props<Answer>) {
  const text = useTexts();
  const [number, setNumber] = useState(1);
  const [cursor, setCursor] = useState<string>();
  const [part, setPart] = useState<Part | Refused>();
  useEffect(() => {
    let isCurrent = true;
    void call<Answer>(functionKey, { ...payload, ...(cursor === undefined ? {} : { cursor }) }).then((answer) => {
      if (!isCurrent) return;
      if (isRefused(answer)) setPart(answer);
      else setPart({ text: textOf(answer), ...(answer.cursor === undefined ? {} : { cursor: answer.cursor }) });
    });
    return () => {
      isCurrent = false;
    };
  }, [number]);
  const next = (): void => {
    if (!part || isRefused(part)) return;
    setCursor(part.cursor);
    setPart(undefined);
    setNumber(number + 1);
  };
  return (
    <Modal onClose={onClose} width="large">
      <ModalHeader>
        <ModalTitle>{text(`${group}.title`)}</ModalTitle>
      </ModalHeader>
      <ModalBody>
        {part === undefined ? <Spinner /> : isRefused(part) ? <Refusal code={part.error} /> : (
          <Stack space="space.100">
            <Text>{text(`${group}.hint`)}</Text>
            <Label labelFor="export-part">{text(`${group}.part`, { number })}</Label>
            <TextArea id="export-part" name="export-part" isReadOnly isMonospaced value={part.text} />
            {part.cursor === undefined ? <Text>{text(`${group}.complete`)}</Text> : null}
          </Stack>
        )}
      </ModalBody>
      <ModalFooter>
        <ButtonGroup>
          {part && !isRefused(part) && part.cursor !== undefined ? <Button appearance="primary" onClick={next}>{text(`${group}.next`)}</Button> : null}
          <Button onClick={onClose}>{text(`${group}.close`)}</Button>
        </ButtonGroup>
      </ModalFooter>
    </Modal>
  );
}
