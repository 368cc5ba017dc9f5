// Components over the page, and those that switch between reading and editing.
import Avatar from '@atlaskit/avatar';
import Button from '@atlaskit/button/new';
import AtlaskitComment, { CommentAction, CommentAuthor, CommentEdited, CommentTime } from '@atlaskit/comment';
import AtlaskitModal, { ModalBody, ModalFooter, ModalHeader, ModalTitle, ModalTransition } from '@atlaskit/modal-dialog';
import AtlaskitPopup from '@atlaskit/popup';
import AtlaskitTooltip from '@atlaskit/tooltip';
import type { ReactElement } from 'react';
import { each, pick, wrapped, type Given, type Registry } from '../nodes.tsx';
import type { Props } from '../tree.ts';
import { useWords } from '../words.ts';

function Modal({ props, nodes }: Given): ReactElement {
  return (
    <AtlaskitModal {...pick(props, 'autoFocus', 'height', 'label', 'shouldScrollInViewport', 'testId', 'width')} onClose={() => props.onClose?.()}>
      {props.title === undefined ? null : (
        <ModalHeader>
          <ModalTitle>{props.title}</ModalTitle>
        </ModalHeader>
      )}
      {each(nodes)}
    </AtlaskitModal>
  );
}

function Popup({ props, nodes }: Given): ReactElement {
  return (
    <AtlaskitPopup
      {...pick(props, 'id', 'autoFocus', 'fallbackPlacements', 'label', 'placement', 'role', 'shouldDisableFocusLock', 'shouldFitContainer', 'shouldFlip', 'shouldRenderToParent', 'strategy', 'testId', 'titleId')}
      isOpen={props.isOpen === true}
      onClose={() => props.onClose?.()}
      content={() => <div>{each(wrapped(nodes, 'content'))}</div>}
      // The state belongs on the trigger itself, which is the app's: this is only the place of the popup.
      trigger={({ ref }) => <span ref={ref}>{each(wrapped(nodes, 'trigger'))}</span>}
    />
  );
}

function Tooltip({ props, nodes }: Given): ReactElement {
  return (
    <AtlaskitTooltip content={props.content} {...pick(props, 'delay', 'mousePosition', 'position', 'truncate', 'testId')} tag="span">
      <>{each(nodes)}</>
    </AtlaskitTooltip>
  );
}

type Part = { text: string; onClick?: () => void };

function Comment({ props, nodes }: Given): ReactElement {
  const actions = (list: Part[] = []): ReactElement[] => list.map(({ text, onClick }) => <CommentAction key={text} onClick={() => onClick?.()}>{text}</CommentAction>);
  const { author, time, edited } = props as { author?: Part; time?: Part; edited?: string };
  return (
    <AtlaskitComment
      {...pick(props, 'headingLevel', 'highlighted', 'id', 'isError', 'isSaving', 'restrictedTo', 'savingText', 'shouldHeaderWrap', 'testId', 'type')}
      avatar={<>{wrapped(nodes, 'avatar').length > 0 ? each(wrapped(nodes, 'avatar')) : <Avatar name={author?.text} />}</>}
      content={<>{each(wrapped(nodes, 'content'))}</>}
      {...(author ? { author: <CommentAuthor>{author.text}</CommentAuthor> } : {})}
      {...(time ? { time: <CommentTime>{time.text}</CommentTime> } : {})}
      {...(edited ? { edited: <CommentEdited>{edited}</CommentEdited> } : {})}
      actions={actions(props.actions)}
      errorActions={actions(props.errorActions)}
    />
  );
}

function InlineEdit({ props, nodes }: Given): ReactElement {
  const word = useWords();
  const label = props.label === undefined ? null : <span className="host-label">{props.label}</span>;
  if (!props.isEditing) {
    return (
      <div>
        {label}
        <button type="button" className="host-pressable host-read-view" onClick={() => props.onEdit?.()}>
          <span className="host-hidden">
            {props.editButtonLabel ?? word('edit')} {props.label}
          </span>
          {each(wrapped(nodes, 'readView'))}
        </button>
      </div>
    );
  }
  const confirm = (event: { preventDefault(): void }): void => (event.preventDefault(), props.onConfirm?.());
  return (
    <form onSubmit={confirm} onKeyDown={({ key }) => (key === 'Escape' ? props.onCancel?.() : undefined)}>
      {label}
      {each(wrapped(nodes, 'editView'))}
      {props.hideActionButtons ? null : (
        <div className="host-row">
          <Button type="submit" spacing="compact" appearance="primary">
            {props.confirmButtonLabel ?? word('confirm')}
          </Button>
          <Button spacing="compact" appearance="subtle" onClick={() => props.onCancel?.()}>
            {props.cancelButtonLabel ?? word('cancel')}
          </Button>
        </div>
      )}
    </form>
  );
}

const named = (props: Props): Props => pick(props, 'testId');

export const overlays: Registry = {
  Modal,
  ModalTransition: ({ nodes }) => <ModalTransition>{each(nodes)}</ModalTransition>,
  ModalHeader: ({ props, nodes }) => <ModalHeader {...named(props)}>{each(nodes)}</ModalHeader>,
  ModalTitle: ({ props, nodes }) => <ModalTitle {...pick(props, 'appearance', 'isMultiline', 'testId')}>{each(nodes)}</ModalTitle>,
  ModalBody: ({ props, nodes }) => <ModalBody {...pick(props, 'hasInlinePadding', 'testId')}>{each(nodes)}</ModalBody>,
  ModalFooter: ({ props, nodes }) => <ModalFooter {...named(props)}>{each(nodes)}</ModalFooter>,
  Popup,
  Tooltip,
  Comment,
  InlineEdit,
};

