import { scrub } from '../../lib/mask.ts';
import type { MovingRow } from '../../usecases/consents/move-consents.ts';
import { csvCell } from '../csv-cell.ts';
import { count } from '../doctor/finding.ts';

const marks: Record<MovingRow['outcome'], string> = { moves: '→', moved: '✓', stays: '✗' };
/** More consents nobody reads on a terminal: the CSV has them all. */
const mostShown = 50;

const columns = ['consent', 'code', 'status', 'from', 'to', 'outcome', 'why', 'notes'] as const;

export const csvHead = `${columns.join(',')}\r\n`;
export const csvLine = ({ id, code = '', status, from, to, outcome, why = '', notes }: MovingRow): string =>
  `${scrub([id, code, status, from.join(' '), to.join(' '), outcome, why, notes.join('; ')].map(csvCell).join(','))}\r\n`;

/** Counts while it goes, and remembers no more than is shown. */
export const openReport = () => {
  const lines: string[] = [];
  const many = { moves: 0, moved: 0, stays: 0 };
  const why = new Map<string, number>();
  return {
    add(row: MovingRow): void {
      const { id, status, from, to, outcome, notes } = row;
      many[outcome] += 1;
      if (row.why !== undefined) why.set(row.why, (why.get(row.why) ?? 0) + 1);
      if (many.moves + many.moved + many.stays > mostShown) return;
      const names = to.length > 0 ? `${from.join(', ')} → ${to.join(', ')}` : from.join(', ');
      lines.push(
        `${marks[outcome]} ${id}  ${status.padEnd(8)}  ${names}`,
        ...[row.why, ...notes]
          .filter((text) => text !== undefined)
          // Altinn's words, too: nothing in them drives a terminal.
          .map((text) => `    ${text.replace(/\p{Cc}/gu, ' ')}`),
      );
    },
    done: (): number => many.moves + many.moved + many.stays,
    stayed: (): number => many.stays,
    /** `left`: not looked at, since it was stopped. */
    text(left: number): string {
      const all = many.moves + many.moved + many.stays;
      if (all + left === 0) return 'There is no consent of Altinn 2 that has not ended.\n';
      const reasons = [...why].sort(([, one], [, other]) => other - one);
      const counts = [
        many.moved > 0 ? `${count(many.moved, 'consent has', 'consents have')} moved` : '',
        many.moves > 0 ? `${count(many.moves, 'consent waits', 'consents wait')} for --apply` : '',
        many.stays > 0 ? count(many.stays, 'stays', 'stay') : '',
        left > 0 ? `${left} not looked at: run it again` : '',
      ];
      const told = [
        ...lines,
        ...(all > mostShown ? ['… and more: --csv has all of them'] : []),
        ...(reasons.length > 0 ? ['', 'What stays, and why:'] : []),
        ...reasons.map(([text, of]) => `  ${of} × ${text}`),
        '',
        `${counts.filter((text) => text !== '').join('; ')}.`,
      ];
      return scrub(`${told.join('\n')}\n`);
    },
  };
};
