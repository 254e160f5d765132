type Outside = {
  issuer: string;
  altinn3: string;
  altinn2: string;
  selfService: string;
  /** Pages for people: where a tenant's administrator delegates, where an API's owner grants, and where clients are kept. */
  pages: { delegate: string; grant: string; selfService: string };
};

/** Where a consumer's administrator delegates to suppliers, below Altinn's address. */
const suppliersPath = 'accessmanagement/ui/maskinporten#suppliers';

/** The sandbox stands in for all of them. */
const sandboxPages = (url: string): Outside['pages'] => ({
  delegate: `${url}/altinn3/${suppliersPath}`,
  grant: `${url}/sandbox`,
  selfService: `${url}/sandbox`,
});

const digdirPages = (altinn: string, digdir: string): Outside['pages'] => ({
  delegate: `https://${altinn}/${suppliersPath}`,
  grant: `https://${digdir}/`,
  selfService: `https://${digdir}/`,
});

/** Where the outside is in each environment, unless settings say otherwise. */
export const outside: Record<'sandbox' | 'test' | 'production', (sandboxPort: number) => Outside> = {
  sandbox: (port) => ({
    issuer: `http://localhost:${port}/maskinporten/`,
    altinn3: `http://localhost:${port}/altinn3/`,
    altinn2: `http://localhost:${port}/altinn2/`,
    selfService: `http://localhost:${port}/sandbox`,
    pages: sandboxPages(`http://localhost:${port}`),
  }),
  test: () => ({
    issuer: 'https://test.maskinporten.no/',
    altinn3: 'https://platform.tt02.altinn.no/',
    altinn2: 'https://tt02.altinn.no/',
    selfService: 'https://api.test.samarbeid.digdir.no/',
    pages: digdirPages('am.ui.tt02.altinn.no', 'sjolvbetjening.test.samarbeid.digdir.no'),
  }),
  production: () => ({
    issuer: 'https://maskinporten.no/',
    altinn3: 'https://platform.altinn.no/',
    altinn2: 'https://www.altinn.no/',
    selfService: 'https://api.samarbeid.digdir.no/',
    pages: digdirPages('am.ui.altinn.no', 'sjolvbetjening.samarbeid.digdir.no'),
  }),
};
