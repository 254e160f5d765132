import type { Examined } from '../domain/client-scopes.ts';
import type { MaskinportenClient } from '../domain/maskinporten-client.ts';

/** What the hub does at Digdir's self-service API when an operator asks. */
export type SelfServiceVerbs<ByOperator> = {
  /**
   * A new key is made, registered, proved and takes over; the one before retires, and its registration goes. Answers at once; what is
   * under way goes on as it was.
   *
   * @throws Problem `selfservice-not-set-up`, `key-not-rotatable`
   */
  rotateClientKey(by: ByOperator, id: string): Promise<Examined<MaskinportenClient>>;
};
