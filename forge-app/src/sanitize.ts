/** Maximum levels of a value from outside. The core reads 127, and its own JSON adds some levels around the value. */
const MAX_LEVELS = 100;

/**
 * Returns a copy of a value that the core can parse: a lone surrogate, which JavaScript and Jira accept and a UTF-8 parser
 * does not, becomes U+FFFD, and everything nested deeper than `levels` becomes null. Without this one such value would make a
 * whole invocation fail.
 */
export function sanitize(value: unknown, levels = MAX_LEVELS): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return null;
  if (Array.isArray(value)) return value.map((item) => sanitize(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.toWellFormed(), sanitize(item, levels - 1)]));
}
