/** Levels of JSON. The core reads 127, and what Jira says stands in several more when it is answered, queued and sent. */
const DEEPEST = 100;

/**
 * A value as the core can read it: half a character, which JavaScript and Jira hold and no other reader takes, becomes
 * U+FFFD, and what is nested too deep is left out. Otherwise one such value would leave a whole invocation without answers.
 */
export function readable(value: unknown, levels = DEEPEST): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return null;
  if (Array.isArray(value)) return value.map((item) => readable(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.toWellFormed(), readable(item, levels - 1)]));
}
