/** The value of the first line of a metric that has all these labels. */
export const metricOf = async (
  metricsUrl: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> => {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const lines = (await (await fetch(metricsUrl)).text()).split('\n');
  const line = lines.find((one) => /^\w+/.exec(one)?.[0] === name && wanted.every((label) => one.includes(label)));
  if (line === undefined) throw new Error(`no metric ${name} with ${JSON.stringify(labels)}`);
  return Number(line.split(' ').at(-1));
};
