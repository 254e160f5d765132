import { microsOf } from '../instants.ts';
import type { CreateBody } from './bind-create.ts';
import { type AltinnProblem, problem, type ValidationError, validationError, validationProblem } from './problems.ts';
import type { Altinn3 } from './state.ts';

type Right = CreateBody['consentrights'][number];

/** Every declared key is wanted, and no other; `optional` in the registry is not looked at. */
const metadataProblems = (declared: string[], { metadata }: Right, index: number): AltinnProblem[] => {
  const given = Object.entries(metadata ?? {}).map(([key, value]) => ({ key: key.toLowerCase(), value }));
  const keys = new Set(given.map(({ key }) => key));
  return [
    ...given.flatMap(({ key, value }) => [
      ...(declared.includes(key) ? [] : [problem('AM-00006', { key })]),
      ...(value ? [] : [problem('AM-00007', { [`ConsentRight index: ${index}, key`]: key })]),
    ]),
    ...declared.filter((key) => !keys.has(key)).map((key) => problem('AM-00008', { key })),
  ];
};

const isAbsolute = (url: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(url) && URL.canParse(url);

/** Step 9: all that is wrong with a request that is well formed, from a caller who may ask. */
export const requestProblems = ({ world, clock }: Altinn3, body: CreateBody): AltinnProblem[] => {
  const problems: AltinnProblem[] = [];
  const errors: ValidationError[] = [];
  if (body.validto <= microsOf(clock.now())) errors.push(validationError('AM.VLD-00022', 'ValidTo'));
  if (body.consentrights.length === 0) errors.push(validationError('AM.VLD-00023', 'Resource'));

  let template: string | undefined;
  for (const [index, right] of body.consentrights.entries()) {
    if (right.action.length === 0) errors.push(validationError('STD.VLD-00000', `/consentRight/${index}/action`));
    const [named, second] = right.resource;
    const resource = world.resources.get(named?.value ?? '');
    if (second || !resource || resource.type !== 'Consent' || resource.template === null) {
      problems.push(problem('AM-00005'));
      continue;
    }
    problems.push(...metadataProblems(resource.metadata, right, index));
    template ??= resource.template;
    if (template !== resource.template) problems.push(problem('AM-00009'));
  }
  if (!isAbsolute(body.redirecturl)) errors.push(validationError('AM.VLD-00027', 'RedirectUrl'));
  return errors.length > 0 ? [...problems, validationProblem(errors)] : problems;
};
