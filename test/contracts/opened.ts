import type { ConsentGateway, Submission, UpstreamConsent } from '../../src/usecases/altinn-port.ts';

export type Generation = 'Altinn 3' | 'Altinn 2';

/** A generation of Altinn as the list of behaviours needs it: its gateway, its sandbox, and what people do there. */
export type Opened = {
  gateway: ConsentGateway;
  /** A token of the bank's, which the gateway takes. */
  token: string;
  /** The bank's, with no scope that lets it ask. */
  powerless: string;
  /** A request that this generation takes. */
  asked(changes?: Partial<Submission>): Submission;
  submit(changes?: Partial<Submission>): Promise<UpstreamConsent>;
  read(id: string): Promise<UpstreamConsent>;
  /** As the person. */
  does(id: string, what: 'accept' | 'reject' | 'revoke'): Promise<unknown>;
  /** The kinds of tokens that open the data of a consent. @throws Problem when there are none */
  tokensFor(id: string): Promise<string[]>;
  /** When Altinn takes the consent to end. */
  endOf(id: string): Promise<Date>;
  requests(): Promise<number>;
  /** The bank is struck off the data source's list, for the right that this answers with. */
  strikeOff(): Promise<Submission['rights']>;
  weather(on: 'submit' | 'read', fault: object): Promise<unknown>;
  /** Both clocks go on. */
  move(byMs: number): void;
  /** The same gateway where nobody listens. */
  nowhere(): ConsentGateway;
  /** Takes a request back; undefined where there is no way to. */
  withdraw?: ((id: string) => Promise<void>) | undefined;
  /** Given a consent for one time, says that it was used; undefined where nobody is told. */
  useOnce?: (() => Promise<string>) | undefined;
  /** How the requests of a tenant are gone through. */
  news: 'a feed of changes' | 'a list of requests';
  lines: string[];
};
