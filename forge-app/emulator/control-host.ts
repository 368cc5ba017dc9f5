// The part of the emulator that the control side uses, in a separate file so that the emulator can import the control side.
import type { AppBundle } from './bundle.ts';
import type { Clock } from './clock.ts';
import type { EventQueue } from './events.ts';
import type { WebTriggerFaults } from './faults.ts';
import type { Installation } from './installation.ts';
import type { Call, Outcome } from './invocation.ts';
import type { EmulatorLog } from './log.ts';
import type { Capture } from './webtrigger.ts';

/** An installation with its queue of events. */
export interface Installed {
  installation: Installation;
  events: EventQueue;
}

export interface ControlHost {
  readonly app: AppBundle;
  readonly clock: Clock;
  readonly log: EmulatorLog;
  readonly faults: WebTriggerFaults;
  readonly captures: Capture[];
  /** Base URL of the emulator. */
  origin(): string;
  /** Installs the app on a site. A second call for the same id updates the site's addresses and keeps the data. */
  install(installId: string, cloudId: string, jiraUrl: string): Installation;
  /** Returns false if there is no such installation. */
  uninstall(installId: string): boolean;
  /** Throws a TypeError if there is no such installation. */
  find(installId: string): Installed;
  all(): Installed[];
  invoke(call: Call): Promise<Outcome>;
}
