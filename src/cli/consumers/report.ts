import { type BadRow, type Consumer, targetName } from '../../domain/owner-lists.ts';
import { scrub } from '../../lib/mask.ts';
import type { ListPlan, ListRow } from '../../usecases/operator/sync-owner-lists.ts';
import { count } from '../doctor/finding.ts';

const signs: Record<ListRow['what'], string> = { add: '+', change: '~', remove: '-' };
const doing: Record<ListRow['outcome'], string> = {
  planned: '',
  left: 'stays: --remove takes it off',
  done: 'done',
  failed: 'failed',
  'not tried': 'not tried',
};
/** More on one list nobody reads on a terminal: `--json` has them all. */
const mostShown = 50;

type Told = { rows: readonly ListRow[]; plans: readonly ListPlan[]; bad: readonly BadRow[] };

/** One line of JSON for each consumer and list, each list that could not be read, and each row that was refused. */
export const jsonLines = ({ rows, plans, bad }: Told): string =>
  [
    ...bad.map((row) => ({ outcome: 'refused', ...row })),
    ...plans.flatMap(({ target, ...plan }) =>
      'fault' in plan ? [{ outcome: 'unread', ...target, why: plan.fault }] : [],
    ),
    ...rows.map(({ id: _, kept: __, ...row }) => row),
  ]
    .map((line) => `${scrub(JSON.stringify(line))}\n`)
    .join('');

const listLines = (plan: ListPlan, rows: readonly ListRow[], names: ReadonlyMap<string, string>): string[] => {
  const head = targetName(plan.target);
  if ('fault' in plan) return [head, `  ✗ could not be read: ${plan.fault}`, ''];
  const own = rows.filter(({ register, name }) => targetName({ register, name }) === head);
  const lines = own.slice(0, mostShown).map((row) => {
    const name = names.get(row.orgno) ?? '';
    const end = row.validTo && row.what !== 'remove' ? `until ${row.validTo.toISOString().slice(0, 10)}` : '';
    const more = [name, end, doing[row.outcome], row.why ?? ''].filter((text) => text !== '');
    return `  ${signs[row.what]} ${row.orgno}${more.length > 0 ? `  ${more.join('; ')}` : ''}`;
  });
  return [
    head,
    ...plan.notes.map((note) => `  ! ${note}`),
    ...lines,
    ...(own.length > mostShown ? [`  … and ${own.length - mostShown} more: --json has all of them`] : []),
    `  = ${plan.unchanged} as they should be`,
    '',
  ];
};

const verdict = ({ rows, plans, bad }: Told, isApplied: boolean): string => {
  const many = (outcome: ListRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const unread = plans.filter((plan) => 'fault' in plan).length;
  const told = [
    isApplied ? `${many('done')} done` : '',
    many('planned') > 0 ? `${count(many('planned'), 'change waits', 'changes wait')} for --apply` : '',
    many('left') > 0 ? `${count(many('left'), 'consumer stays', 'consumers stay')} that the file does not name` : '',
    many('failed') > 0 ? `${many('failed')} failed` : '',
    many('not tried') > 0 ? `${many('not tried')} not tried: run it again` : '',
    bad.length > 0 ? `${count(bad.length, 'row', 'rows')} refused` : '',
    unread > 0 ? `${count(unread, 'list', 'lists')} could not be read` : '',
  ].filter((text) => text !== '');
  return told.length === 0 ? 'All lists are in step.' : `${told.join('; ')}.`;
};

/** + is added, ~ gets another end, - is taken off, = is as it should be; list by list, and what was refused before them. */
export const syncTable = (told: Told, consumers: readonly Consumer[], isApplied: boolean): string => {
  const names = new Map(consumers.map(({ orgno, name }) => [orgno, name]));
  const refused = told.bad.map(({ line, orgno, why }) => `✗ line ${line}: ${orgno} ${why}`);
  const lines = [
    ...refused,
    ...(refused.length > 0 ? [''] : []),
    ...told.plans.flatMap((plan) => listLines(plan, told.rows, names)),
    verdict(told, isApplied),
  ];
  // What others wrote is for people to read, and nothing in it for the terminal to obey.
  return scrub(`${lines.map((line) => line.replace(/\p{Cc}/gu, ' ')).join('\n')}\n`);
};
