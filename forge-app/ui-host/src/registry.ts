// Every component of UI Kit that the host can show, by the name that @forge/react gives it.
import { buttons } from './components/buttons.tsx';
import { charts } from './components/charts.tsx';
import { choices } from './components/choices.tsx';
import { feedback } from './components/feedback.tsx';
import { fields } from './components/fields.tsx';
import { forms } from './components/forms.tsx';
import { layout } from './components/layout.tsx';
import { media } from './components/media.tsx';
import { overlays } from './components/overlays.tsx';
import { pickers } from './components/pickers.tsx';
import { table } from './components/table.tsx';
import { tabs } from './components/tabs.tsx';
import { text } from './components/text.tsx';
import type { Registry } from './nodes.tsx';

export const registry: Registry = {
  ...buttons,
  ...charts,
  ...choices,
  ...feedback,
  ...fields,
  ...forms,
  ...layout,
  ...media,
  ...overlays,
  ...pickers,
  ...table,
  ...tabs,
  ...text,
};
