// Switches the filter of Jira's events in manifest.yml: `npm run trigger-filter on` or `off`. It changes the file itself, because
// Forge's CLI, the lint, the bundle and the checks of a release all read that file, so they cannot differ.
const fs = require('node:fs');
const path = require('node:path');

const MARK = '# TRIGGER_FILTER';

/** Returns the manifest's text with the marked lines as entries, or as comments. */
function switched(text, on) {
  let found = 0;
  const lines = text.split('\n').map((line) => {
    if (!line.endsWith(MARK)) return line;
    found += 1;
    const [, indent, entry] = /^(\s*)(?:# )?(.*)$/.exec(line);
    return `${indent}${on ? '' : '# '}${entry}`;
  });
  if (found === 0) throw new Error(`manifest.yml: no line ends with "${MARK}"`);
  return lines.join('\n');
}

if (require.main === module) {
  const [state] = process.argv.slice(2);
  if (state !== 'on' && state !== 'off') {
    process.stderr.write('usage: npm run trigger-filter on|off\n');
    process.exit(64);
  }
  const file = path.join(path.dirname(__dirname), 'manifest.yml');
  fs.writeFileSync(file, switched(fs.readFileSync(file, 'utf8'), state === 'on'));
}

module.exports = { switched };
