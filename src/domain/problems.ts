/** Who can mend it. Decides what a job does next (`fateOf`); shown to tenants. */
export type Mover = 'caller' | 'tenant' | 'api-owner' | 'operator' | 'time' | 'nobody' | 'us';

type Row = { status: number; mover: Mover; title: string; text: string };

/**
 * Every problem the hub tells, on one page: HTTP status, who can mend it, what it is called and what to do.
 * HTTP, workers, readiness and the pages at `/problems/{code}` all read this. Codes are public: add freely, never change
 * what one means.
 */
export const problems = {
  // The request itself
  'not-json': { status: 400, mover: 'caller', title: 'The body is not JSON', text: 'Send one JSON value in UTF-8.' },
  'content-type-unsupported': {
    status: 415,
    mover: 'caller',
    title: 'The content type is not supported',
    text: 'Send `Content-Type: application/json`.',
  },
  'body-too-large': {
    status: 413,
    mover: 'caller',
    title: 'The body is too large',
    text: 'A body may hold 64 kB at most.',
  },
  'request-invalid': {
    status: 422,
    mover: 'caller',
    title: 'The request is not valid',
    text: '`errors` names each field at fault and what it should be.',
  },
  'field-unknown': {
    status: 422,
    mover: 'caller',
    title: 'The request has a field that is not known',
    text: 'Fields that are not in the OpenAPI document are refused, since a misspelt one would else be lost in silence.',
  },
  'idempotency-key-invalid': {
    status: 400,
    mover: 'caller',
    title: 'The Idempotency-Key cannot be used',
    text: 'Send 1 to 255 visible ASCII characters.',
  },
  'idempotency-key-reused': {
    status: 422,
    mover: 'caller',
    title: 'This Idempotency-Key belongs to another request',
    text: 'The key was used before with another body. Use a new key for a new request.',
  },
  'national-id-not-allowed': {
    status: 422,
    mover: 'caller',
    title: 'A national identity number stands where it may not',
    text: 'Paths, queries, references, idempotency keys and redirect addresses end up in logs. Use a word of your own instead.',
  },
  'text-invalid': {
    status: 422,
    mover: 'caller',
    title: 'A text cannot be kept',
    text: 'Texts may hold neither the null character (U+0000) nor half of a surrogate pair: no database keeps them as they are.',
  },
  'cursor-invalid': {
    status: 422,
    mover: 'caller',
    title: 'The cursor is not one of ours',
    text: 'Use `next` of the page before, unchanged, in the same list. Cursors of other lists and of other tenants lead nowhere.',
  },
  'cursor-expired': {
    status: 410,
    mover: 'caller',
    title: 'Events after this cursor have been dropped',
    text: 'Events are kept for as long as the operator has set, 90 days unless said otherwise. What came right after the cursor is older. `detail` says where one can go on, and `link` leads there: to the oldest event that is kept. Read the state of your consents (`GET /v1/consents`) for what lies before.',
  },
  'not-found': {
    status: 404,
    mover: 'caller',
    title: 'There is nothing here',
    text: 'No such address. `/docs` lists all there are.',
  },
  'method-not-allowed': {
    status: 405,
    mover: 'caller',
    title: 'This address does not take that method',
    text: 'The `Allow` header lists the methods it takes.',
  },

  // Who asks
  unauthorized: {
    status: 401,
    mover: 'caller',
    title: 'No valid key',
    text: 'Send `Authorization: Bearer <key>` with a key that is neither expired nor revoked.',
  },
  'scope-missing': {
    status: 403,
    mover: 'caller',
    title: 'The key may not do this',
    text: 'The key lacks the scope this call needs. Make a key with it, or ask whoever made this one.',
  },
  'role-missing': {
    status: 403,
    mover: 'caller',
    title: 'The operator key may not do this',
    text: 'The call needs a higher role: reader, support or administrator.',
  },
  'tenant-suspended': {
    status: 403,
    mover: 'operator',
    title: 'The tenant is suspended',
    text: 'The operator has stopped this tenant. Nothing is lost; ask the operator.',
  },
  'too-many-requests': {
    status: 429,
    mover: 'time',
    title: 'Too many requests',
    text: 'Wait as long as `Retry-After` says.',
  },
  'too-many-streams': {
    status: 429,
    mover: 'caller',
    title: 'Too many streams are open',
    text: 'A tenant may have only so many streams of events open, and so may a process of the hub. Close one, and come back after `Retry-After`; `GET /v1/events` tells the same meanwhile.',
  },

  'too-busy': {
    status: 503,
    mover: 'time',
    title: 'The hub is busy with other keys',
    text: 'More unknown keys are being looked up than it has room for. Wait as long as `Retry-After` says.',
  },
  'first-operator-key': {
    status: 422,
    mover: 'caller',
    title: 'The first operator key must be an administrator’s, without an end',
    text: 'As soon as it is stored, the key from the hub’s configuration opens nothing any more: nobody could make another key when this one ends, or may not.',
  },
  'expires-at-past': {
    status: 422,
    mover: 'caller',
    title: 'The key would end before it begins',
    text: '`expiresAt` must lie ahead.',
  },
  'expires-at-too-late': {
    status: 422,
    mover: 'caller',
    title: 'The key would outlive the one it is made with',
    text: 'A key makes keys that end with it or before. Leave `expiresAt` out for its own end, or have the operator make the key.',
  },

  // What is asked for
  'person-number-invalid': {
    status: 422,
    mover: 'caller',
    title: 'This is no national identity number',
    text: 'Eleven digits with right check digits: a national identity number, a D-number or a synthetic one.',
  },
  'organization-number-invalid': {
    status: 422,
    mover: 'caller',
    title: 'This is no organisation number',
    text: 'Nine digits with a right check digit.',
  },
  'service-unknown': {
    status: 422,
    mover: 'caller',
    title: 'No such service',
    text: '`GET /v1/services` lists those the tenant may ask for.',
  },
  'services-mixed': {
    status: 422,
    mover: 'caller',
    title: 'These services cannot be asked for together',
    text: 'All rights of one consent must live in the same generation of Altinn and share a template.',
  },
  'metadata-missing': {
    status: 422,
    mover: 'caller',
    title: 'Metadata is missing',
    text: 'A right must carry every name that its service declares, with a value.',
  },
  'metadata-unknown': {
    status: 422,
    mover: 'caller',
    title: 'The service does not know this metadata',
    text: 'A right may carry only the names that its service declares.',
  },
  'message-required': {
    status: 422,
    mover: 'caller',
    title: 'This service needs a message',
    text: 'Its page shows one to the person. Send `message`.',
  },
  'message-not-allowed': {
    status: 422,
    mover: 'caller',
    title: 'This service takes no message',
    text: 'Its text is fixed. Leave `message` out.',
  },
  'valid-to-past': {
    status: 422,
    mover: 'caller',
    title: 'The consent would end before it begins',
    text: '`validTo` must lie at least a minute ahead.',
  },
  'valid-to-too-late': {
    status: 422,
    mover: 'caller',
    title: 'The consent would last too long',
    text: 'The data source accepts consents of a limited length; `GET /v1/services` tells it.',
  },
  'redirect-url-not-registered': {
    status: 422,
    mover: 'caller',
    title: 'This address is not registered',
    text: 'The browser is sent back to registered addresses only: scheme, host, port and path must be the same; the query is free. The operator registers them.',
  },
  'redirect-url-invalid': {
    status: 422,
    mover: 'caller',
    title: 'This address cannot be sent to',
    text: 'Use https, http on localhost outside production, or a private-use scheme such as `no.bank.app://done`.',
  },
  'webhook-url-invalid': {
    status: 422,
    mover: 'caller',
    title: 'Webhooks cannot be sent to this address',
    text: 'Use https, a public host and no user or password in the address. A receiver that is not public needs the operator’s leave, by host and port.',
  },
  'webhook-secret-invalid': {
    status: 422,
    mover: 'caller',
    title: 'This secret cannot sign webhooks',
    text: 'A secret of your own is `whsec_` with 24 to 64 random bytes in base64 behind it, and goes with `signing: "v1"`. Leave it out and the hub makes one.',
  },
  'webhook-auth-invalid': {
    status: 422,
    mover: 'caller',
    title: 'The hub cannot show the receiver who it is with this',
    text: 'For mutual TLS: a certificate that is valid now, its chain in order, and its own private key without a passphrase, all in PEM. For OAuth: a token address that webhooks could be sent to as well. Nothing was stored.',
  },
  'webhook-auth-needed': {
    status: 422,
    mover: 'caller',
    title: 'Another receiver needs its own credentials',
    text: 'The new address is another server than the one `auth` was set for, and is not shown the same credentials unasked. Send `auth` along, or `null` for none.',
  },
  'private-target-invalid': {
    status: 422,
    mover: 'caller',
    title: 'No receiver may be there',
    text: 'Where machines keep their own secrets (link-local and metadata addresses) and where the hub keeps its data, nothing is sent, whoever allows it.',
  },
  'scope-not-offered': {
    status: 403,
    mover: 'caller',
    title: 'This scope is not offered',
    text: 'Only data scopes of the services the tenant may use are handed out.',
  },
  'token-resources-too-many': {
    status: 409,
    mover: 'caller',
    title: 'Tokens for too many resources',
    text: 'A tenant may hold tokens of one scope for 100 different values of `resource`. Wait until some have expired, or leave `resource` out.',
  },

  // Things that are not there, or not in that state
  'consent-not-found': {
    status: 404,
    mover: 'caller',
    title: 'No such consent',
    text: 'There is none with this id, or it belongs to somebody else.',
  },
  'webhook-endpoint-not-found': {
    status: 404,
    mover: 'caller',
    title: 'No such webhook endpoint',
    text: 'There is none with this id, or it belongs to somebody else.',
  },
  'delivery-not-found': {
    status: 404,
    mover: 'caller',
    title: 'No such delivery',
    text: 'There is none with this id, or it belongs to somebody else.',
  },
  'api-key-not-found': {
    status: 404,
    mover: 'caller',
    title: 'No such API key',
    text: 'There is none with this id, or it belongs to somebody else.',
  },
  'tenant-not-found': { status: 404, mover: 'caller', title: 'No such tenant', text: 'There is none with this id.' },
  'maskinporten-client-not-found': {
    status: 404,
    mover: 'caller',
    title: 'No such Maskinporten client',
    text: 'There is none with this id.',
  },
  'service-not-found': { status: 404, mover: 'caller', title: 'No such service', text: 'There is none with this key.' },
  'operator-key-not-found': {
    status: 404,
    mover: 'caller',
    title: 'No such operator key',
    text: 'There is none with this id.',
  },
  'service-in-use': {
    status: 409,
    mover: 'caller',
    title: 'Consents stand on this service',
    text: 'What Altinn calls a service stays the same until all consents to it have ended. Define another one, and offer that to tenants instead.',
  },
  'already-exists': {
    status: 409,
    mover: 'caller',
    title: 'There is one already',
    text: 'Something with this number, key or id exists. Read it and change it instead.',
  },
  'too-many-api-keys': {
    status: 409,
    mover: 'caller',
    title: 'The tenant has as many keys as it may have',
    text: 'A tenant may have 100 keys that are neither expired nor revoked. Revoke some first.',
  },
  'too-many-webhook-endpoints': {
    status: 409,
    mover: 'caller',
    title: 'The tenant has as many webhook endpoints as it may have',
    text: 'A tenant may have 20, enabled or not. Change one, or remove some first.',
  },
  'webhook-url-taken': {
    status: 409,
    mover: 'caller',
    title: 'Another webhook endpoint of the tenant has this address',
    text: 'Each event would arrive there twice. Change that endpoint, or remove it first.',
  },
  'webhook-endpoint-disabled': {
    status: 409,
    mover: 'caller',
    title: 'The webhook endpoint is disabled',
    text: 'Nothing is sent to it but a test message. Enable it first; what was held meanwhile can then be sent.',
  },
  'replay-period-invalid': {
    status: 422,
    mover: 'caller',
    title: 'Nothing can have happened in this time',
    text: '`since` must lie in the past, and `until` after it.',
  },
  'replay-too-old': {
    status: 422,
    mover: 'caller',
    title: 'Events of that time are not kept',
    text: 'Only what is still in the list of events can be sent again; `errors` says since when. Leave out what is older.',
  },
  'replay-too-large': {
    status: 422,
    mover: 'caller',
    title: 'These are too many events',
    text: '50,000 are sent again at once. Ask for a shorter time, or for some types alone.',
  },
  'replay-empty': {
    status: 422,
    mover: 'caller',
    title: 'There is nothing to send again',
    text: 'Nothing that the endpoint wants happened in this time, or all of it is on its way already. With `dryRun` this is no problem.',
  },
  'last-administrator': {
    status: 409,
    mover: 'caller',
    title: 'The last administrator key cannot go',
    text: 'Make another administrator key first.',
  },
  'key-unusable': {
    status: 422,
    mover: 'caller',
    title: 'This signing key cannot be used',
    text: 'Maskinporten takes RSA keys of at least 2048 bits, with their private part, and a certificate that matches: of the operator’s own organisation, and valid. Nothing was stored.',
  },
  'consent-not-accepted': {
    status: 409,
    mover: 'caller',
    title: 'The consent is not in force',
    text: 'Tokens and data are given for accepted consents only; `status` tells how this one stands.',
  },
  'data-path-invalid': {
    status: 400,
    mover: 'caller',
    title: 'The path cannot be passed on',
    text: 'What follows `/data/` must be plain segments: no `.` or `..`, no empty ones, no backslashes, control characters or encoded slashes, however often it is decoded. Write `{from}` where the giver’s number belongs.',
  },
  'data-path-not-allowed': {
    status: 403,
    mover: 'operator',
    title: 'This method and path are not let out',
    text: 'No service of this consent lists them. `GET /v1/services` tells what each lets out; the operator may add to it.',
  },
  'service-has-no-data': {
    status: 409,
    mover: 'operator',
    title: 'The hub does not know where these data are',
    text: 'No service of this consent names its data source. Fetch the tokens and call it yourself, or ask the operator.',
  },
  'data-too-large': {
    status: 413,
    mover: 'caller',
    title: 'The request is larger than its data source may be sent',
    text: 'The service says how many bytes pass; ask the operator if that is too few.',
  },
  'consent-ended': {
    status: 409,
    mover: 'caller',
    title: 'The consent has ended',
    text: 'It is in a final state and stays there.',
  },

  // What the outside said
  'access-not-delegated': {
    status: 409,
    mover: 'tenant',
    title: 'The tenant has not delegated this access to the operator',
    text: 'An administrator of the tenant must delegate it in Altinn (MP-251). The hub notices by itself and goes on.',
  },
  'access-not-granted': {
    status: 409,
    mover: 'api-owner',
    title: 'The API owner has not granted the tenant access',
    text: 'The owner of the scope must grant the tenant’s organisation number (MP-250); the tenant asks for it. The hub notices by itself and goes on.',
  },
  'not-on-access-list': {
    status: 409,
    mover: 'api-owner',
    title: 'The tenant may not ask for this consent',
    text: 'Altinn answered 403 without a word: most likely the owner of the resource has not put the tenant on its access list. The hub tries again with one consent now and then.',
  },
  'client-missing': {
    status: 409,
    mover: 'operator',
    title: 'The hub has no Maskinporten client for this',
    text: 'The operator must add a client that holds the scope, with a key.',
  },
  'client-scope-missing': {
    status: 409,
    mover: 'operator',
    title: 'The operator’s client lacks the scope',
    text: 'The operator must register the scope on its client at Maskinporten (MP-200, MP-201).',
  },
  'client-refused': {
    status: 409,
    mover: 'operator',
    title: 'Maskinporten refuses the operator’s client',
    text: 'The client is unknown there, or meant for another environment (MP-100, MP-110). The operator must mend it. Until it is found to work again, Maskinporten is not asked with it; the hub looks by itself, and everything that waits goes on.',
  },
  'key-refused': {
    status: 409,
    mover: 'operator',
    title: 'Maskinporten refuses the key of the operator’s client',
    text: 'The key or certificate is not registered, was registered more than a year ago, has ended or is another’s (MP-120 to MP-124), and the client has no other that works. The operator must register it anew or add another. Until one is found to work, Maskinporten is not asked with this client; the hub looks by itself, and everything that waits goes on.',
  },
  'client-not-ours': {
    status: 409,
    mover: 'operator',
    title: 'The Maskinporten client belongs to the organisation it asks for',
    text: 'A client that acts for others must be the operator’s own: its organisation at Maskinporten is another than `HUB_ORGNO` says. The operator must mend one of the two.',
  },
  'client-key-unavailable': {
    status: 409,
    mover: 'operator',
    title: 'The operator’s signing key cannot be reached',
    text: 'It lies in a file or in an HSM, and is not there, or another one is. The operator must mend it; the hub’s log says more.',
  },
  'clock-wrong': {
    status: 503,
    mover: 'operator',
    title: 'The hub’s clock is wrong',
    text: 'Maskinporten finds our grants too old or too new. The operator must set the clock.',
  },
  'maskinporten-refused': {
    status: 502,
    mover: 'us',
    title: 'Maskinporten refused our request',
    text: 'It is our fault, or a rule changed. The operator has been told.',
  },
  'maskinporten-unavailable': {
    status: 503,
    mover: 'time',
    title: 'Maskinporten did not answer',
    text: 'The hub tries again by itself.',
  },
  'token-unexpected': {
    status: 502,
    mover: 'us',
    title: 'Maskinporten’s token is not the one we asked for',
    text: 'Its consumer, supplier or scopes differ. It was thrown away.',
  },
  'consent-not-usable': {
    status: 409,
    mover: 'nobody',
    title: 'There is no token for this consent',
    text: 'It is not given, revoked or expired. The hub reads it at Altinn and tells by an event what became of it.',
  },
  'altinn-unavailable': {
    status: 503,
    mover: 'time',
    title: 'Altinn did not answer',
    text: 'The hub tries again by itself.',
  },
  'altinn2-outcome-unknown': {
    status: 502,
    mover: 'caller',
    title: 'It is not known what became of the request',
    text: 'The request went out to Altinn 2 and no answer came. Altinn 2 cannot be asked twice without asking the person twice, so the hub looked for the request in its list, and did not find it. Ask again, with another `Idempotency-Key`, if you still need the consent.',
  },
  'altinn-refused': {
    status: 422,
    mover: 'nobody',
    title: 'Altinn refused the consent request',
    text: 'It would refuse the same again; `detail` says why.',
  },
  'altinn-not-authorised': {
    status: 409,
    mover: 'operator',
    title: 'Altinn does not accept our token',
    text: 'It answered 401 to a fresh token: issuer, environment or clock do not fit.',
  },
  'altinn-unreachable': {
    status: 503,
    mover: 'time',
    title: 'Altinn cannot be reached',
    text: 'No connection was made, and nothing was sent. The hub tries again by itself.',
  },
  'altinn-busy': {
    status: 503,
    mover: 'time',
    title: 'Altinn wants us to wait',
    text: 'It took nothing (429). The hub tries again by itself.',
  },
  'altinn-key-refused': {
    status: 409,
    mover: 'operator',
    title: 'Altinn 2 does not accept the operator’s API key',
    text: 'The key must be known in this environment, belong to the organisation in `HUB_ORGNO` and be marked `OrgNrMustMatch`. The operator must look at `ALTINN2_API_KEY`.',
  },
  'altinn2-not-set-up': {
    status: 409,
    mover: 'operator',
    title: 'The hub has no API key for Altinn 2',
    text: 'The operator must set `ALTINN2_API_KEY`.',
  },
  'altinn2-not-there': {
    status: 409,
    mover: 'operator',
    title: 'Altinn 2 is not where the hub looks for it',
    text: 'There is no such page: `ALTINN2_URL` is wrong, or Altinn 2 has been shut down and the service must be one of Altinn 3.',
  },
  'callback-not-allowed': {
    status: 409,
    mover: 'operator',
    title: 'Altinn 2 does not let browsers come back to the hub',
    text: 'The host of `HUB_PUBLIC_URL` must be allowed on the operator’s API key, or in the data source’s rights register, which wins where it says anything.',
  },
  'name-missing': {
    status: 422,
    mover: 'caller',
    title: 'A name is missing',
    text: 'Altinn 2 wants a name beside the number, and compares it with its registers: the surname of a person, or the whole name of an organisation. Services of Altinn 3 need none.',
  },
  'name-not-matched': {
    status: 422,
    mover: 'caller',
    title: 'Altinn 2 does not know this number by this name',
    text: 'It compares numbers and names with the registers: for a person the surname alone, without small words before it (“Lippe” for “von der Lippe”); for an organisation the whole name.',
  },
  'consent-not-at-altinn': {
    status: 409,
    mover: 'nobody',
    title: 'Altinn 2 gives no token for this consent',
    text: 'It is not given, revoked, expired or used up; Altinn 2 does not say which.',
  },
  'consent-token-foreign': {
    status: 502,
    mover: 'us',
    title: 'The consent token is not of this consent',
    text: 'Its signature, times, parties or services are not what was asked for. It was thrown away.',
  },
  'feed-link-foreign': {
    status: 409,
    mover: 'operator',
    title: 'Altinn’s feed leads to another address',
    text: 'The link to the feed’s next page leaves the address that `ALTINN3_URL` names, and our token is not sent there. The operator must look at `ALTINN3_URL`, or at what stands between.',
  },
  'altinn-deleted': {
    status: 410,
    mover: 'nobody',
    title: 'The consent was deleted in Altinn',
    text: 'It can neither be answered nor used.',
  },
  'person-unknown': {
    status: 422,
    mover: 'nobody',
    title: 'Altinn does not know this person',
    text: 'The number is well formed, but not in the register of this environment.',
  },
  'organization-unknown': {
    status: 422,
    mover: 'nobody',
    title: 'Altinn does not know this organisation',
    text: 'The number is well formed, but not in the register of this environment.',
  },
  'resource-unknown': {
    status: 409,
    mover: 'operator',
    title: 'Altinn does not know the resource',
    text: 'The operator’s catalogue names a resource that Altinn has not, or that is no consent resource.',
  },

  // What data sources do
  'data-source-unavailable': {
    status: 502,
    mover: 'time',
    title: 'The data source did not answer',
    text: 'It could not be reached, its certificate was not right, or the connection broke before an answer. Ask again in a while. A POST may have arrived all the same.',
  },
  'data-source-timeout': {
    status: 504,
    mover: 'time',
    title: 'The data source took too long',
    text: 'No answer began in time. Ask again in a while. A POST may have arrived all the same.',
  },
  'data-source-redirected': {
    status: 502,
    mover: 'operator',
    title: 'The data source points elsewhere',
    text: 'It answered with a redirect. Tokens go to the address in the catalogue and to no other: the operator must look at `dataUrl`.',
  },
  'data-answer-too-large': {
    status: 502,
    mover: 'operator',
    title: 'The data source’s answer is too large',
    text: 'It is longer than the service lets pass. Ask for less, or ask the operator. Where its length only shows on the way, the connection is broken instead.',
  },
  'too-much-data': {
    status: 429,
    mover: 'time',
    title: 'Too many calls for data are under way',
    text: 'A tenant may have so many under way at once, and so may one data source and a process of the hub. Ask again after `Retry-After`.',
  },

  'delegations-not-shown': {
    status: 502,
    mover: 'operator',
    title: 'Altinn does not show who has delegated',
    text: 'The operator’s own token does not open the list that `HUB_DELEGATIONS_FROM` names. Access is found out all the same, by asking for tokens.',
  },

  // Us
  'token-not-ready': {
    status: 503,
    mover: 'time',
    title: 'The token is still being fetched',
    text: 'Ask again in a moment.',
  },
  'database-unavailable': {
    status: 503,
    mover: 'time',
    title: 'The hub cannot reach its database',
    text: 'Nothing accepted is lost. Ask again in a moment.',
  },
  internal: {
    status: 500,
    mover: 'us',
    title: 'Something went wrong on our side',
    text: 'Quote `instance` to the operator.',
  },
} as const satisfies Record<string, Row>;
