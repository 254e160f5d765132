import { escapeHtml } from './html.ts';

/** Markup that is safe to send as it is. */
export type Markup = { readonly markup: string };

type Part = string | number | undefined | false | Markup | readonly Part[];

const rendered = (part: Part): string => {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'markup' in part ? part.markup : part.map(rendered).join('');
};

/** Puts values into markup; whatever is not markup itself is escaped. */
export const html = (texts: TemplateStringsArray, ...parts: Part[]): Markup => ({
  markup: texts.reduce((all, text, index) => all + rendered(parts[index - 1]) + text),
});

/** Plain text in paragraphs; within one, line breaks are kept. */
export const paragraphs = (text: string): Markup[] =>
  text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => html`<p class="lines">${part}</p>`);
