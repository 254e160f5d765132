import { z } from 'zod';
import { type Mover, Problem, type ProblemCode } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { type Asked, type Content, type Route, route } from '../route.ts';
import { escapeHtml, page, proseHtml } from './html.ts';

const movers: Record<Mover, string> = {
  caller: 'whoever sends the request',
  tenant: 'the tenant, in Altinn',
  'api-owner': 'the owner of the API or resource',
  operator: 'the operator of this hub',
  time: 'time: try again later',
  nobody: 'nobody: the answer is final',
  us: 'us, who made this hub',
};

const ProblemKind = z
  .object({
    type: z.string(),
    code: z.string(),
    status: z.number().int(),
    title: z.string(),
    mover: z.string(),
    text: z.string(),
  })
  .meta({ id: 'ProblemKind' });

const kindOf = (code: ProblemCode) => ({ type: `/problems/${code}`, code, ...problems[code] });
const codes = Object.keys(problems).filter((code): code is ProblemCode => Object.hasOwn(problems, code));

const onePage = (code: ProblemCode): Content => {
  const { title, status, mover, text } = problems[code];
  return page(
    'en',
    title,
    `<h1>${proseHtml(title)}</h1><p>${proseHtml(text)}</p>
<table><tr><th scope="row">Code</th><td><code>${code}</code></td></tr><tr><th scope="row">HTTP status</th><td>${status}</td></tr>
<tr><th scope="row">Who can mend it</th><td>${escapeHtml(movers[mover])}</td></tr></table>
<p><a href="/problems">All problems</a> · <a href="/docs">API documentation</a></p>`,
  );
};

const listPage = (): Content =>
  page(
    'en',
    'Problems',
    `<h1>Problems</h1><p>What this hub answers when something does not work, as <code>application/problem+json</code>.</p>
<table><thead><tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">Meaning</th></tr></thead><tbody>
${codes.map((code) => `<tr><td>${problems[code].status}</td><td><a href="/problems/${code}">${code}</a></td><td>${proseHtml(problems[code].title)}</td></tr>`).join('\n')}
</tbody></table><p><a href="/docs">API documentation</a></p>`,
  );

const wantsPage = ({ prefers }: Pick<Asked<'everybody', unknown, unknown, unknown>, 'prefers'>): boolean =>
  prefers('type', ['application/json', 'text/html']) === 'text/html';

const headers = { vary: 'Accept' };

/** `/problems`: each problem explained, for people and for programs. */
export const problemRoutes = (): Route[] => [
  route({
    name: 'listProblems',
    method: 'get',
    path: '/problems',
    audience: 'everybody',
    tag: 'For everybody',
    summary: 'All problems there are',
    replies: { 200: z.object({ items: z.array(ProblemKind) }) },
    problems: [],
    handle: async (asked) =>
      wantsPage(asked)
        ? { status: 200, headers, content: listPage() }
        : { status: 200, headers, body: { items: codes.map(kindOf) } },
  }),
  route({
    name: 'readProblem',
    method: 'get',
    path: '/problems/:code',
    audience: 'everybody',
    tag: 'For everybody',
    summary: 'A problem explained',
    params: z.strictObject({ code: z.string().meta({ example: 'consent-not-found' }) }),
    replies: { 200: ProblemKind },
    problems: ['not-found'],
    handle: async (asked) => {
      const code = codes.find((each) => each === asked.params.code);
      if (code === undefined) throw new Problem('not-found', 'No problem has this code');
      return wantsPage(asked)
        ? { status: 200, headers, content: onePage(code) }
        : { status: 200, headers, body: kindOf(code) };
    },
  }),
];
