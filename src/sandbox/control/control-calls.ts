type ControlCall = { call: string; body?: string; does: string };

/** Every control call on one page; the overview shows it, and a test holds it against the routes. */
export const controlCalls: ControlCall[] = [
  { call: 'GET /sandbox/world', does: 'everything there is; national numbers masked' },
  {
    call: 'POST /sandbox/clients',
    body: '{clientId, orgno?, name?, scopes: [], jwks?: {keys: []}, active?, tokenLifeSeconds?}',
    does: 'registers or changes a Maskinporten client; its owner is the operator unless told',
  },
  {
    call: 'PUT /sandbox/clients/{id}/jwks',
    body: '{keys: []}',
    does: 'replaces its keys; one that stays keeps its age',
  },
  {
    call: 'PUT /sandbox/clients/{id}/keys/{kid}',
    body: '{postedAt}',
    does: 'makes a key as old as wanted: unknown until it has spread, refused after a year (MP-121)',
  },
  { call: 'DELETE /sandbox/clients/{id}', does: 'removes a client' },
  {
    call: 'PUT /sandbox/scopes/{scope}',
    body: '{owner?, atMaxAge?, delegationSource?, accessibleForAll?, forMaskinporten?}',
    does: 'adds or changes a scope',
  },
  { call: 'PUT · DELETE /sandbox/grants/{orgno}/{scope}', does: 'the API owner grants or withdraws (MP-250)' },
  {
    call: 'PUT · DELETE /sandbox/delegations/{consumer}/{supplier}/{scope}',
    does: 'the consumer delegates or withdraws (MP-251)',
  },
  { call: 'PUT · DELETE /sandbox/access-lists/{resource}/{orgno}', does: 'the data source lets in or out (empty 403)' },
  {
    call: 'POST /sandbox/organizations',
    body: '{orgno, name, managers?: []}',
    does: 'adds an organisation to the register',
  },
  { call: 'POST /sandbox/persons', body: '{id, name?}', does: 'adds a synthetic person to the register' },
  {
    call: 'POST /sandbox/onboard',
    body: '{orgno, name, scopes?: []}',
    does: 'makes an organisation fully ready: grants, delegations to the operator, access lists',
  },
  { call: 'GET /sandbox/consents', does: 'consents with createCalls; ?to= and ?status= narrow it' },
  { call: 'GET /sandbox/consents/{id}', does: 'one of them, with the address of its page' },
  {
    call: 'POST /sandbox/consents/{id}/accept',
    body: '{person?}',
    does: 'answers as the portal would; redirectTo says where a browser would have gone',
  },
  { call: 'POST /sandbox/consents/{id}/reject', body: '{person?}', does: 'likewise' },
  { call: 'POST /sandbox/consents/{id}/revoke', body: '{person?}', does: 'likewise' },
  { call: 'GET /sandbox/clock', does: 'the time here' },
  { call: 'POST /sandbox/clock', body: '{advanceMs}', does: 'moves it, and the hub’s with it where they share one' },
  {
    call: 'POST /sandbox/faults',
    body: '{on, times?, fault: {kind: delay|reset|status|html|no-error-uri|hold, …}}',
    does: 'lets something befall the next call of a kind',
  },
  { call: 'GET /sandbox/faults', does: 'what is planned' },
  { call: 'DELETE /sandbox/faults', does: 'forgets it, and lets parked calls go on' },
  { call: 'GET /sandbox/holds', does: 'the parked calls' },
  { call: 'GET /sandbox/holds/{name}?wait=ms', does: 'answers when one is parked there; 408 when none came' },
  { call: 'POST /sandbox/holds/{name}/release', does: 'lets them go on' },
  { call: 'GET /sandbox/calls?on=&since=', does: 'what was sent here; since is a seq or an ISO time' },
  { call: 'DELETE /sandbox/calls', does: 'empties the list' },
  { call: 'POST /sandbox/calls/recording', body: '{on}', does: 'switches the keeping of bodies off, for measuring' },
  { call: 'GET /sandbox/settings', does: 'how the pretend systems behave' },
  {
    call: 'POST /sandbox/settings',
    body: '{feedLagMs?, keyPropagationMs?, grantMaxLifeSeconds?, tokenLifeSeconds?, clockSkewMs?, altinnLookupDown?, createdInFeed?, metadataCasing?, eventTypeCasing?, rotateSigningKey?: true}',
    does: 'changes it',
  },
];
