export type Answer = { status: number; body: Record<string, unknown>; headers: Headers };

/** One JSON call; what comes back is read as it is, whatever its status. */
export const callJson = async (
  method: string,
  url: string,
  key?: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    body: isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : { text },
    headers: response.headers,
  };
};

/** As `callJson`, for calls that must succeed. @throws Error with what the other side said */
export const mustCall = async (...ask: Parameters<typeof callJson>): Promise<Record<string, unknown>> => {
  const { status, body } = await callJson(...ask);
  if (status >= 400)
    throw new Error(
      `${ask[0]} ${new URL(ask[1]).pathname} answered ${status}: ${String(body['detail'] ?? body['title'] ?? JSON.stringify(body))}`,
    );
  return body;
};
