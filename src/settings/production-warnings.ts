type Running = { databaseUrls: readonly (string | undefined)[]; redisUrl: string | undefined; role: string };

const isLocal = ({ hostname, searchParams }: URL): boolean =>
  hostname === '' ||
  hostname === 'localhost' ||
  hostname === '[::1]' ||
  /^127\./.test(hostname) ||
  // A socket in the file system.
  (searchParams.get('host') ?? '').startsWith('/');

/** As node-postgres reads its address. */
const isEncrypted = ({ searchParams }: URL): boolean =>
  ['prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'].includes(searchParams.get('sslmode') ?? '') ||
  ['true', '1'].includes(searchParams.get('ssl') ?? '');

/** What production bears but should not, in plain sentences for the log at start. */
export const productionWarnings = ({ databaseUrls, redisUrl, role }: Running): string[] => {
  const warnings: string[] = [];
  const urls = databaseUrls.filter((url) => url !== undefined).map((url) => new URL(url));
  if (urls.some((url) => !isLocal(url) && !isEncrypted(url)))
    warnings.push('PostgreSQL is on another machine and spoken to without TLS: add sslmode=verify-full to its address');
  const redis = redisUrl === undefined ? undefined : new URL(redisUrl);
  if (redis?.protocol === 'redis:' && !isLocal(redis))
    warnings.push('Redis is on another machine and spoken to without TLS: use rediss:// in REDIS_URL');
  if (role === 'all')
    warnings.push(
      'API and workers run in one process, so that whoever breaks into the API has the signing keys: run the roles api and worker apart',
    );
  return warnings;
};
