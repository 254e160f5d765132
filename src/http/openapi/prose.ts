/** What the OpenAPI document says beside the routes. */
export const about = {
  openapi: '3.1.0' as const,
  info: {
    title: 'samtykkehub',
    version: '1',
    summary: 'Consents in Altinn and tokens from Maskinporten, on behalf of many organisations.',
    description: `One supplier (the **operator**) asks for consents on behalf of many organisations (**tenants**).

- Everything is JSON but the stream of events and what data sources answer. Instants are ISO 8601 in UTC. What is left open is \`null\`. Answers may get more fields; requests with unknown fields are refused.
- Errors are \`application/problem+json\` (RFC 9457). \`type\` can be read at that address, \`mover\` says who can mend it, \`errors\` names the fields.
- Lists come in pages: \`{items, next}\`. Ask again with \`?cursor=<next>\`.
- Every type of event, with its shape and an example, is at \`/docs/events\`; \`/problems\` lists what can go wrong.
- National identity numbers are never in addresses, events or the hub’s own answers; a request that puts one into an address is refused.
- Each answer has an \`x-request-id\`. Over a limit: 429 with \`Retry-After\`; a 503 has it too.

**Roles of operator keys.** Each may what the ones before it may.

- \`reader\` reads: tenants, clients with the public part of their keys, services, the names of keys, the audit, the queues.
- \`support\` adds tenants, changes their name, services and days, suspends and resumes them, invites their administrators, and revokes their API keys.
- \`administrator\` makes tenants’ API keys and changes where their browsers are sent back to (\`redirectUrls\`), since with either one can act in a tenant’s name; changes Maskinporten clients and their keys, services, the words on invitations, and operator keys.`,
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
};

export const tags = [
  { name: 'Consents', description: 'Ask a person or an organisation for consent, and follow it.' },
  { name: 'Tokens', description: 'Maskinporten tokens in the tenant’s name.' },
  { name: 'Data', description: 'Data of accepted consents, by way of the hub.' },
  { name: 'Events', description: 'What happened, in order.' },
  { name: 'Webhooks', description: 'Where events are sent, and how that went.' },
  { name: 'API keys', description: 'A tenant’s own keys.' },
  { name: 'About you', description: 'What a tenant may ask about itself.' },
  { name: 'Tenants', description: 'The organisations the operator acts for.' },
  { name: 'Invitations', description: 'Pages that tell a tenant’s administrator what to do, and where.' },
  { name: 'Maskinporten clients', description: 'The operator’s own clients at Maskinporten, and their signing keys.' },
  { name: 'Services', description: 'The catalogue of what can be consented to.' },
  { name: 'Operator keys', description: 'Who runs the hub.' },
  { name: 'Oversight', description: 'The audit, and how the work stands.' },
  { name: 'For everybody', description: 'Open to all: health, and problems explained.' },
];
