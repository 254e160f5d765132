/** A browser without scripts: it follows nothing by itself, sends forms, and keeps its cookie. */
export const openVisitor = (url: string) => {
  let cookie = '';
  return async (method: string, path: string, form?: Record<string, string>) => {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: { cookie },
      ...(form && { body: new URLSearchParams(form) }),
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) cookie = set.split(';')[0] ?? '';
    const { status, headers } = response;
    return { status, headers, location: headers.get('location'), set, text: await response.text() };
  };
};
