// npm run bench -- <name> [--json]: every figure whose name begins so, each beside its ceiling from the same run.
import { parseArgs } from 'node:util';
import { approvalOverhead } from './approval-overhead.ts';
import { consentsCreate } from './consents-create.ts';
import { data } from './data.ts';
import { fairness } from './fairness.ts';
import type { Figure } from './figure.ts';
import { openGround } from './ground.ts';
import { refresh } from './refresh.ts';
import { tokens } from './tokens.ts';
import { webhooks } from './webhooks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const prefix = positionals[0] ?? '';
const wants = (name: string) => name.startsWith(prefix);
const say = (line: string) => process.stderr.write(`${line}\n`);

const print = (figures: readonly Figure[]) => {
  for (const { details, ...figure } of figures) {
    const { name, value, unit, ceiling, ratio } = figure;
    if (values.json) process.stdout.write(`${JSON.stringify(figure)}\n`);
    else process.stdout.write(`${name}: ${value} ${unit}, ceiling ${ceiling} ${unit}, ratio ${ratio}\n`);
    for (const detail of details) say(`  ${detail}`);
  }
  return figures.length;
};

const ground = await openGround();
try {
  say(ground.told);
  let printed = 0;
  for (const bench of [approvalOverhead, consentsCreate, tokens, refresh, webhooks, fairness, data])
    printed += print(await bench(ground, wants));
  if (printed === 0) {
    say(`No figure begins with “${prefix}”.`);
    process.exitCode = 1;
  }
} finally {
  await ground.close();
}
