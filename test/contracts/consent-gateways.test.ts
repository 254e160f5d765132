import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { behaviours } from './behaviours.ts';
import { differences } from './differences.ts';
import { openAltinn2Contract } from './open-altinn2.ts';
import { openAltinn3Contract } from './open-altinn3.ts';
import type { Generation, Opened } from './opened.ts';

const opens: Record<Generation, () => Promise<Opened>> = {
  'Altinn 3': openAltinn3Contract,
  'Altinn 2': openAltinn2Contract,
};
const generations = Object.keys(opens) as Generation[];

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.replaceAll('`', '').trim());

/** The table that the docs tell people of: by its first column, and by generation. */
const documented = (): Map<string, Record<string, string | undefined>> => {
  const lines = readFileSync(new URL('../../docs/generations.md', import.meta.url), 'utf8').split('\n');
  const [head = '', , ...rows] = lines.slice(lines.findIndex((line) => line.startsWith('| What ')));
  const [, ...columns] = cellsOf(head);
  const table = rows.slice(
    0,
    rows.findIndex((line) => !line.startsWith('|')),
  );
  return new Map(
    table.map((line) => {
      const [what = '', ...cells] = cellsOf(line);
      return [what, Object.fromEntries(columns.map((column, place) => [column, cells[place]]))];
    }),
  );
};
const table = documented();

describe.each(generations)('%s', (generation) => {
  test.each(Object.keys(behaviours))('%s', async (name) => {
    await behaviours[name]?.(await opens[generation]());
  });

  test.each(Object.keys(differences))('as the docs tell: %s', async (what) => {
    expect(await differences[what]?.(await opens[generation]())).toBe(table.get(what)?.[generation]);
  });
});

test('the docs tell of nothing that nobody looks at', () => {
  expect([...table.keys()]).toEqual(Object.keys(differences));
});
