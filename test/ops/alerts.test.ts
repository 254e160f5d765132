import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { openWorld } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

type Rule = {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
};

const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const textOf = (name: string) => readFileSync(pathOf(name), 'utf8');
const { groups } = parse(textOf('ops/alerts.yml')) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** Prometheus’s own, and the blackbox exporter’s. */
const foreign = new Set(['up', 'probe_ssl_earliest_cert_expiry']);
const words = new Set(
  'abs absent and by clamp_min for histogram_quantile increase max min or rate sum time unless without on ignoring'.split(
    ' ',
  ),
);

/** Each metric an expression reads, with what it asks of its labels. What stands in braces, brackets or after `by` is no metric. */
const selectorsOf = (expr: string) => {
  const bare = expr.replace(/\b(?:by|without) \([^)]*\)/g, '');
  return [...bare.matchAll(/([a-z_][a-z0-9_]*)(\{[^}]*\})?/g)].flatMap(([, name = '', labels = '']) => {
    if (words.has(name) || /^\d/.test(name)) return [];
    const asked = [...labels.matchAll(/([a-z_]+)(=~|!~|!=|=)"([^"]*)"/g)];
    return [{ name, asked: asked.map(([, label = '', how = '', value = '']) => ({ label, how, value })) }];
  });
};

/** What stands in quotes and durations are no names. */
const withoutTimes = (expr: string) => expr.replace(/\[\d+[smhd]\]/g, '');

type Metric = { help: string; samples: Record<string, string>[] };

const read = (text: string): Map<string, Metric> => {
  const metrics = new Map<string, Metric>();
  let help = '';
  for (const line of text.split('\n')) {
    const [, helped] = /^# HELP \S+ (.*)$/.exec(line) ?? [];
    if (helped !== undefined) help = helped;
    const [, name = '', type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    for (const end of type === 'histogram' ? ['_bucket', '_count', '_sum'] : type ? [''] : [])
      metrics.set(name + end, { help, samples: [] });
    const [, sampled = '', labels = ''] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    metrics
      .get(sampled)
      ?.samples.push(
        Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value])),
      );
  }
  return metrics;
};

test('every alert reads metrics and labels that a running hub tells', async () => {
  const world = await openWorld('postgresql');
  onTestFinished(world.close);
  const { id } = await world.ask('bank');
  await world.receiver.got('consent.requested', id);
  expect((await world.call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' })).status).toBe(200);
  const metrics = await until('the feed to be seen', async () => {
    const seen = read(await (await fetch(world.metricsUrl)).text());
    return (seen.get('hub_feed_staleness_seconds')?.samples.length ?? 0) > 0 && seen;
  });
  expect(rules.length).toBeGreaterThan(20);
  for (const { alert, expr } of rules) {
    const selectors = selectorsOf(withoutTimes(expr));
    expect(selectors.length, alert).toBeGreaterThan(0);
    for (const { name, asked } of selectors.filter((selector) => !foreign.has(selector.name))) {
      const metric = metrics.get(name);
      expect(metric, `${alert} reads ${name}`).toBeDefined();
      for (const { label, how, value } of asked) {
        const { samples = [], help = '' } = metric ?? {};
        expect(
          samples.some((sample) => label in sample),
          `${alert}: ${name} has ${label}`,
        ).toBe(true);
        const isTold = (one: string) => samples.some((sample) => sample[label] === one) || help.includes(one);
        if (how === '=' && !value.startsWith('/')) expect(isTold(value), `${alert}: ${label}="${value}"`).toBe(true);
      }
    }
  }
});

test('every alert says how grave it is and what, and the runbook has a section for it with what to do first', () => {
  const runbook = textOf('docs/runbook.md');
  const sections = new Map(
    runbook.split(/^#{2,4} /m).map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
  );
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(['critical', 'warning', 'info'], alert).toContain(labels.severity);
    expect(annotations.summary.length, alert).toBeGreaterThan(10);
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    const section = sections.get(alert) ?? '';
    expect(section.match(/^[123]\. .*`[^`\n]+`/gm), `${alert} and its first three commands`).toHaveLength(3);
  }
  const told = [...sections.keys()].filter((name) => /^Hub[A-Z]/.test(name));
  expect(told.filter((name) => !rules.some(({ alert }) => alert === name))).toEqual([]);
});

test('commands, settings and addresses that the runbook names are there', async () => {
  const runbook = textOf('docs/runbook.md');
  const { commands } = await import('../../src/cli/commands.ts');
  for (const [, name = ''] of runbook.matchAll(/`hub ([a-z][a-z-]*)/g)) expect(Object.keys(commands)).toContain(name);
  const settings = `${textOf('src/config.ts')}${textOf('README.md')}`;
  for (const [, name = ''] of runbook.matchAll(/`((?:HUB|ALTINN\d|DATABASE|REDIS|METRICS)_[A-Z0-9_]+)`/g))
    expect([name, settings.includes(name)]).toEqual([name, true]);
  const { allRoutes } = await import('../../src/http/all-routes.ts');
  const { fakeUses } = await import('../http/fake-uses.ts');
  const routes = allRoutes(fakeUses()).map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replace(/[:*]\w+/g, '{}')}`,
  );
  for (const [, method, path = ''] of runbook.matchAll(/`(GET|POST|PATCH|DELETE) (\/[^`\s?]*)/g))
    expect(routes).toContain(`${method} ${path.replace(/\{\w+\}/g, '{}')}`);
});

/** Prometheus’s own reader, where somebody has it: the test above knows only what a rule is made of. */
const promtool = spawnSync('promtool', ['--version']).status === 0;
test(`the rules are read by ${promtool ? 'promtool' : 'a reader of YAML'}`, () => {
  for (const { expr } of rules) expect(typeof expr).toBe('string');
  if (!promtool) return;
  const { status, stderr } = spawnSync('promtool', ['check', 'rules', pathOf('ops/alerts.yml')], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
