const mostMs = 20_000;
/** Longer ones hold no wish that anybody means. */
const mostOfHeader = 200;

/**
 * `wait` of a Prefer header (RFC 7240) in milliseconds, 20 seconds at most. What is not understood is no preference,
 * and of several the first counts, as the RFC says.
 */
export const waitOf = (header: string | undefined): number | undefined => {
  if (header === undefined || header.length > mostOfHeader) return undefined;
  for (const [preference] of header.matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)) {
    const wait = /^\s*wait\s*=\s*(?:(\d{1,9})|"(\d{1,9})")\s*(?:;.*)?$/i.exec(preference);
    if (wait) return Math.min(mostMs, Number(wait[1] ?? wait[2]) * 1000);
  }
  return undefined;
};

export const preferenceApplied = (waitMs: number): string => `wait=${waitMs / 1000}`;
