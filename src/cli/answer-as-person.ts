/** Where a browser came to rest, and by which address it was sent there, if any. */
type Visit = { url: string; by?: string; status: number; text: string };

/** A browser without a window: follows redirects, keeps cookies, posts forms. */
const openBrowser = () => {
  const cookies = new Map<string, string>();
  const go = async (url: string, form?: Record<string, string>): Promise<Visit> => {
    let [address, body, method] = [url, form && new URLSearchParams(form), form ? 'POST' : 'GET'];
    let by: string | undefined;
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(address, {
        method,
        redirect: 'manual',
        headers: cookie ? { cookie } : {},
        ...(body ? { body } : {}),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status > 399)
        return {
          url: address,
          ...(by === undefined ? {} : { by }),
          status: response.status,
          text: await response.text(),
        };
      by = address;
      [address, body, method] = [new URL(location, address).href, undefined, 'GET'];
    }
    throw new Error(`too many redirects from ${url}`);
  };
  return go;
};

/**
 * Does in the sandbox's page what a person does: opens it, signs in as a synthetic person, reads, answers, and follows
 * the way back. Answers where the browser ended, and when (by `performance.now()`) the person clicked.
 */
export const answerAsPerson = async (
  approvalUrl: string,
  masked: string,
  answer: 'accept' | 'reject',
): Promise<Visit & { clickedAt: number }> => {
  const go = openBrowser();
  const base = approvalUrl.slice(0, approvalUrl.lastIndexOf('/'));
  const id = new URL(approvalUrl).searchParams.get('id') ?? '';
  const signIn = await go(approvalUrl);
  const choices = [...signIn.text.matchAll(/for="p-([^"]+)">[^<]*\(([^)]+)\)/g)];
  const person = choices.find(([, , number]) => number === masked)?.[1];
  if (person === undefined) throw new Error(`the sandbox knows no person ${masked}`);
  const page = await go(`${base}/sign-in`, { id, lang: 'nb', person });
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
  if (csrf === undefined) throw new Error('the sandbox’s page shows no form to answer');
  const clickedAt = performance.now();
  return { ...(await go(`${base}/answer`, { id, lang: 'nb', csrf, answer })), clickedAt };
};
