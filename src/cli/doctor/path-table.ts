import type { Mover } from '../../domain/problem.ts';
import { scrub } from '../../lib/mask.ts';
import { count, type Finding, marks } from './finding.ts';

/** A terminal of eighty to a hundred columns is read with ease; a wider one is not. */
const narrowest = 60;
const widest = 100;

/** Words on lines of that width, set in as the first one is. A word that is longer, as an address may be, stays whole. */
const wrapped = (text: string, width: number): string[] =>
  text.split('\n').flatMap((line) => {
    const lead = /^ */.exec(line)?.[0] ?? '';
    const lines: string[] = [];
    for (const word of line.slice(lead.length).split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${lead}${word}`);
    }
    return lines;
  });

const moves: Record<Mover, string> = {
  tenant: 'the tenant’s move',
  'api-owner': 'the API owner’s move',
  operator: 'the operator’s move',
  us: 'a fault of the hub’s own',
  time: 'passes by itself',
  nobody: 'nobody can mend it',
  caller: 'the caller’s move',
};

/** What follows from it: whose move it is, what to do, and where. */
const hints = ({ mover, next, link, code, traceId }: Finding): string[] => {
  const what = [...(mover === undefined ? [] : [moves[mover]]), ...(next === undefined ? [] : [next])].join(': ');
  return [
    ...(what === '' ? [] : [`→ ${what}`]),
    ...(link === undefined ? [] : [`  ${link}`]),
    ...(code === undefined ? [] : [`  /problems/${code}`]),
    ...(traceId === undefined ? [] : [`  trace_id ${traceId}`]),
  ];
};

/** How it ends: the one sentence for somebody who reads no more. */
export const verdict = (findings: readonly Finding[]): string => {
  const many = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const wrong = many('wrong');
  const skipped = many('untried');
  const untold = skipped === 0 ? '' : `; ${count(skipped, 'step was', 'steps were')} not tried`;
  if (wrong > 0) return `${count(wrong, 'thing does', 'things do')} not work${untold}.`;
  return skipped === 0 ? 'Everything works.' : `What could be tried works${untold}.`;
};

/** ✓ works, ! worth knowing, ✗ does not work, – not tried; with headings, and nothing broken that one may want to copy. */
export const pathTable = (title: string, findings: readonly Finding[], columns: number | undefined): string => {
  const width = Math.min(widest, Math.max(narrowest, columns ?? widest));
  const names = Math.max(...findings.map(({ what }) => what.length));
  const indent = ' '.repeat(names + 4);
  const lines = findings.flatMap((finding, place) => {
    const { what, state, says, part } = finding;
    const heading = part !== undefined && part !== findings[place - 1]?.part ? ['', part] : [];
    const text = state === 'untried' ? `not tried: ${says}` : says;
    const told = [text, ...hints(finding)].flatMap((one, at) =>
      wrapped(one, width - indent.length).map((line, more) => (at > 0 && more > 0 ? `  ${line}` : line)),
    );
    const [first = '', ...rest] = told;
    return [...heading, `${marks[state]} ${what.padEnd(names)}  ${first}`, ...rest.map((line) => `${indent}${line}`)];
  });
  return scrub(`${[title, '', ...lines, '', verdict(findings)].join('\n')}\n`);
};
