import type { Leaving } from '../../store/look-over.ts';
import { count, type Finding, isOurs, note, span, toldOf, whyOf, wrong } from './finding.ts';

/** Off-boarding mostly takes seconds, and erasing minutes; longer than that and whoever asked for it wonders. */
const patienceSeconds = { 'off-boarding': 10 * 60, erasing: 60 * 60 };
/** Altinn 2 is waited for so long (`offboardTenant`); it is done without its word after that. */
const longestSeconds = 3 * 24 * 60 * 60;

const stuck = ({ name, orgno, step, seconds, toGiveBack, lastProblem }: Leaving): Finding => {
  const who = `${name} ${orgno}`;
  if (step === 'erasing')
    return wrong(
      'leaving',
      `${who}: should have been erased ${span(seconds)} ago${whyOf(lastProblem)}`,
      'is a worker running? the log of erase-tenant says what stops it; GET /operator/v1/tenants/{id}/erasure counts what is left',
    );
  const says = `${who}: being off-boarded for ${span(seconds)}`;
  if (toGiveBack === 0 || seconds > longestSeconds)
    return wrong('leaving', `${says}${whyOf(lastProblem)}`, 'is a worker running? see the log of offboard-tenant');
  const waits = `${says}; Altinn 2 has yet to take back ${count(toGiveBack, 'consent')}${whyOf(lastProblem)}`;
  return isOurs(lastProblem)
    ? wrong('leaving', waits, `the operator must act: ${toldOf(lastProblem)}`)
    : note('leaving', waits, 'tried again by itself, for three days at most; then it is off-boarded without that');
};

/** Tenants that leave and do not get on: each of those waits is work that is due later, and fails nowhere. */
export const leavingFindings = (leaving: readonly Leaving[]): Finding[] =>
  leaving.filter(({ step, seconds }) => seconds > patienceSeconds[step]).map(stuck);
