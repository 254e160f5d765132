import { z } from 'zod';
import { normalNetwork } from '../lib/networks.ts';

/** `10.0.0.0/8,192.0.2.7`: whose word on who calls is believed. */
export const trustedProxies = z.string().transform((text, ctx) => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.map((part) => {
    const network = normalNetwork(part);
    if (network === undefined)
      ctx.addIssue({ code: 'custom', message: 'is a list of addresses and networks like 10.0.0.0/8,192.0.2.7' });
    // All who can reach the hub would be believed whatever they say.
    else if (network.endsWith('/0')) ctx.addIssue({ code: 'custom', message: 'trusts everybody: name your proxies' });
    return network ?? part;
  });
});
