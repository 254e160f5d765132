/** Where a consumer's administrator delegates to suppliers, below Altinn's address. */
const suppliers = 'accessmanagement/ui/maskinporten#suppliers';

type Outside = { issuer: string; altinn3: string; altinn2: string; selfService: string; portal: string };

/** Where the outside is in each environment, unless settings say otherwise. */
export const outside: Record<'sandbox' | 'test' | 'production', (sandboxPort: number) => Outside> = {
  sandbox: (port) => ({
    issuer: `http://localhost:${port}/maskinporten/`,
    altinn3: `http://localhost:${port}/altinn3/`,
    altinn2: `http://localhost:${port}/altinn2/`,
    selfService: `http://localhost:${port}/sandbox`,
    portal: `http://localhost:${port}/altinn3/${suppliers}`,
  }),
  test: () => ({
    issuer: 'https://test.maskinporten.no/',
    altinn3: 'https://platform.tt02.altinn.no/',
    altinn2: 'https://tt02.altinn.no/',
    selfService: 'https://api.test.samarbeid.digdir.no/',
    portal: `https://am.ui.tt02.altinn.no/${suppliers}`,
  }),
  production: () => ({
    issuer: 'https://maskinporten.no/',
    altinn3: 'https://platform.altinn.no/',
    altinn2: 'https://www.altinn.no/',
    selfService: 'https://api.samarbeid.digdir.no/',
    portal: `https://am.ui.altinn.no/${suppliers}`,
  }),
};
