// The texts of the pages: complete in both languages, and all that the pages use.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

type Tree = { [name: string]: string | Tree };

const read = (locale: string): Map<string, string> => new Map(flat(JSON.parse(readFileSync(`locales/${locale}.json`, 'utf8')) as Tree));
const english = read('en-US');
const german = read('de-DE');
const sources = readdirSync('ui', { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

function flat(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([name, value]) => (typeof value === 'string' ? [[prefix + name, value] as [string, string]] : flat(value, `${prefix}${name}.`)));
}

test('both languages have the same texts, none is empty, and their placeholders are the same', () => {
  assert.deepEqual([...german.keys()].sort(), [...english.keys()].sort());
  const placeholders = (words: string): string[] => (words.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, words] of english) {
    assert.notEqual(words.trim(), '', key);
    assert.notEqual(german.get(key)?.trim(), '', key);
    assert.deepEqual(placeholders(german.get(key) ?? ''), placeholders(words), key);
  }
});

test('every text that a page names exists', () => {
  for (const name of sources) {
    const source = readFileSync(`ui/${name}`, 'utf8');
    for (const [, key = ''] of source.matchAll(/['"`]((?:[a-z]\w*\.)+\w+)['"`]/g)) {
      const isKey = [...english.keys()].some((known) => known.startsWith(`${key.split('.')[0]}.`)) && !/^(connection|settings|commands)\.|^audit\.(list|export)$|^privacy\.(stored|export|erase)$|^(panel|overview)\.view$/.test(key);
      if (isKey) assert.ok(english.has(key), `${name}: ${key}`);
    }
  }
});

test('every code of /readyz that the guide lists is explained', () => {
  const guide = readFileSync('../docs/operators.md', 'utf8');
  const from = guide.indexOf('| problem | what to do |');
  const rows = guide.slice(from, guide.indexOf('\n## ', from)).split('\n').filter((line) => line.startsWith('| `'));
  const codes = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
  assert.ok(codes.length > 25, String(codes.length));
  for (const code of codes) assert.ok(english.has(`readyz.${code}`), code);
});
