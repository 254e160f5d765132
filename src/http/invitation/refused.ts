import { languages } from '../../domain/invitation.ts';
import { html } from '../everybody/markup.ts';
import type { Answer } from '../route.ts';
import { pageAnswer } from './layout.ts';
import { refusals } from './words/refusals.ts';
import type { Refusals } from './words/words.ts';

const answerOf = (status: number, kind: keyof Refusals, more?: Record<string, string>): Answer =>
  pageAnswer(
    status,
    {
      lang: 'nb',
      title: refusals.nb[kind].heading,
      main: html`${languages.map((language) => {
        const { heading, text } = refusals[language][kind];
        const title = language === 'nb' ? html`<h1>${heading}</h1>` : html`<h2>${heading}</h2>`;
        return html`<section lang="${language}">${title}<p>${text}</p></section>`;
      })}`,
    },
    more,
  );

/** One and the same for a link that was never there, is too old, withdrawn, or of a tenant that is not at work. */
export const unknownLink = (): Answer => answerOf(404, 'unknown');

export const tooManyCalls = (retryAfterSeconds: number): Answer =>
  answerOf(429, 'tooMany', { 'retry-after': String(retryAfterSeconds) });
