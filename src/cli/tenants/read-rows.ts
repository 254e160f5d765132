import type { TenantRow } from '../../domain/tenant-import.ts';
import { type Table, TableFault } from '../read-table.ts';

/** A row of the file; `fault` where it cannot even be asked about. */
export type FileRow = { line: number; row: TenantRow; fault?: string };

/** As people name columns: compared in lower case, without blanks, dots and accents. */
const names: Record<keyof TenantRow, readonly string[]> = {
  orgno: [
    'orgno',
    'orgnr',
    'orgnummer',
    'organisasjonsnummer',
    'organisasjonsnr',
    'organisationnumber',
    'organizationnumber',
  ],
  name: ['name', 'navn', 'namn', 'foretaksnavn', 'firmanavn', 'firma', 'konsument', 'bank'],
  services: ['services', 'service', 'tjenester', 'tjeneste', 'tenester', 'teneste'],
  redirectUrls: ['redirecturls', 'redirecturl', 'returadresser', 'returadresse', 'redirectadresser', 'redirectadresse'],
  language: ['language', 'sprak', 'malform'],
  expiringDays: ['expiringdays', 'varseldager', 'varsledager', 'varseldagar'],
};

const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z0-9]/g, '');

const languages: Record<string, string> = {
  ...{ nb: 'nb', no: 'nb', norsk: 'nb', bokmal: 'nb', nbno: 'nb' },
  ...{ nn: 'nn', nynorsk: 'nn', nnno: 'nn' },
  ...{ en: 'en', english: 'en', engelsk: 'en', engb: 'en' },
};

/** `NO 313 876 144 MVA`, and what keeps a spreadsheet from reckoning with it. */
const orgnoOf = (text: string): string =>
  text
    .replace(/[\s.="']/g, '')
    .replace(/^NO/i, '')
    .replace(/MVA$/i, '');

const listOf = (text: string, between: RegExp): string[] => text.split(between).filter((part) => part !== '');

/** No field of a row is longer; the hub would refuse all that go with it. */
const mostOfField = 4000;
const faultOf = (fields: readonly string[], columns: number, days: string): string | undefined => {
  if (fields.length > columns) return 'has more fields than there are columns: is a quote missing?';
  if (fields.some((field) => field.length > mostOfField)) return `has a field of more than ${mostOfField} characters`;
  return /^\d{0,9}$/.test(days) ? undefined : 'expiringDays must be a whole number';
};

/**
 * The rows of a table, and the columns that are not ours. An empty field says nothing.
 *
 * @throws TableFault where there is no column of organisation numbers, or two columns are one
 */
export const readRows = ({ head, lines }: Table): { rows: FileRow[]; unread: string[] } => {
  const columns = head.map((title) => Object.entries(names).find(([, known]) => known.includes(plain(title)))?.[0]);
  const placeOf = (column: keyof TenantRow): number => {
    const place = columns.indexOf(column);
    if (place !== columns.lastIndexOf(column)) throw new TableFault(`it has two columns for ${column}`);
    return place;
  };
  const places = {
    ...{ orgno: placeOf('orgno'), name: placeOf('name'), services: placeOf('services') },
    ...{ redirectUrls: placeOf('redirectUrls'), language: placeOf('language'), expiringDays: placeOf('expiringDays') },
  };
  if (places.orgno === -1)
    throw new TableFault('its first line must name the columns, and one of them orgno (or organisasjonsnummer)');
  const rows = lines.map(({ line, fields }): FileRow => {
    const said = (column: keyof TenantRow): string => fields[places[column]]?.trim() ?? '';
    const [name, services, urls, language, days] = [
      said('name'),
      said('services'),
      said('redirectUrls'),
      said('language'),
      said('expiringDays'),
    ];
    const fault = faultOf(fields, head.length, days);
    const row: TenantRow = {
      orgno: orgnoOf(said('orgno')),
      ...(name === '' ? {} : { name }),
      ...(services === '' ? {} : { services: listOf(services, /[\s,|;]+/) }),
      // A comma may stand within an address.
      ...(urls === '' ? {} : { redirectUrls: listOf(urls, /[\s|]+|[,;](?=[a-z][a-z0-9+.-]*:)/i) }),
      ...(language === '' ? {} : { language: languages[plain(language)] ?? language }),
      ...(days === '' || fault !== undefined ? {} : { expiringDays: Number(days) }),
    };
    return { line, row, ...(fault === undefined ? {} : { fault }) };
  });
  return { rows, unread: head.filter((_, place) => columns[place] === undefined) };
};
