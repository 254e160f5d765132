import type { Generation } from './consent.ts';
import type { Service } from './service.ts';

type MessageRule = Pick<Service, 'messageAllowed'> & { messageRequired: boolean };

const optional: MessageRule = { messageAllowed: true, messageRequired: false };
const forbidden: MessageRule = { messageAllowed: false, messageRequired: false };

/**
 * May a request say something in its own words? By the template of Altinn's page: Altinn 3's own list of templates, and
 * Altinn 2's guide. Which of Altinn 2's needs a message is not known for certain, so none is said to.
 *
 * @see docs/sources/altinn-3.md, docs/sources/altinn-2.md
 */
const rules: Record<Generation, Record<string, MessageRule>> = {
  altinn3: {
    default: optional,
    samtykkemal_simpleconsent: optional,
    poa: optional,
    sblanesoknad: forbidden,
    bst_krav: optional,
    bst_krav_v2: optional,
  },
  altinn2: { default: optional, poa: optional, sblanesoknad: forbidden, samtykkemal_simpleconsent: forbidden },
};

/** Undefined where nobody knows the template. */
export const messageRuleOf = (generation: Generation, template: string): MessageRule | undefined =>
  Object.hasOwn(rules[generation], template) ? rules[generation][template] : undefined;
