import { type Html, html } from './html.ts';
import { type Language, languageOf } from './texts.ts';

/** The person's pages of one of the two Altinns: where they are, and what they call their parameters. */
export type Site = {
  /** Where its sessions hold. */
  root: '/altinn2/' | '/altinn3/';
  ui: string;
  language: 'lang' | 'languageCode';
  /** Says that the visitor came from the portal, and stays there. */
  portal: 'skiplogout' | 'portal';
};

export const altinn3Site: Site = {
  root: '/altinn3/',
  ui: '/altinn3/accessmanagement/ui/consent',
  language: 'lang',
  portal: 'skiplogout',
};
export const altinn2Site: Site = {
  root: '/altinn2/',
  ui: '/altinn2/ui/AccessConsent',
  language: 'languageCode',
  portal: 'portal',
};

/** Which request is looked at, in which language. Without an id it is the portal itself. */
export type Place = { site: Site; id: string; language: Language; fromPortal: boolean };

export const placeIn = (site: Site, fields: URLSearchParams): Place => ({
  site,
  id: (fields.get('id') ?? '').toLowerCase(),
  language: languageOf(fields.get(site.language)),
  fromPortal: fields.get(site.portal) === 'true',
});

/** The page of a request, in a language. */
export const hrefOf = ({ site, id, language, fromPortal }: Place): string => {
  const query = new URLSearchParams({
    ...(id !== '' && { id }),
    ...(language === 'en' && { [site.language]: 'en' }),
    ...(fromPortal && { [site.portal]: 'true' }),
  });
  return `${site.ui}${id === '' ? '' : '/request'}${query.size > 0 ? `?${query}` : ''}`;
};

/** What a form carries along. */
export const placeFields = ({
  site,
  id,
  language,
  fromPortal,
}: Place): Html => html`<input type="hidden" name="id" value="${id}">
<input type="hidden" name="${site.language}" value="${language}">
${fromPortal && html`<input type="hidden" name="${site.portal}" value="true">`}`;
