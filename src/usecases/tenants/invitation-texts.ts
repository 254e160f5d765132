import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';

type Verbs = Pick<UseCases, 'readInvitationText' | 'setInvitationText' | 'resetInvitationText'>;

/** The operator's own words on the page for administrators. */
export const invitationTexts = (parts: Pick<Parts, 'clock' | 'ids' | 'store'>): Verbs => {
  const { clock, store } = parts;
  return {
    readInvitationText: (_by, language) =>
      store.asOperator(async (rows) => {
        const { language: _, ...text } = (await rows.invitationTexts.list()).find(
          (kept) => kept.language === language,
        ) ?? { language };
        return text;
      }),
    setInvitationText: (by, language, text) =>
      store.asOperator(async (rows) => {
        const updatedAt = clock.now();
        await rows.invitationTexts.save(language, text, updatedAt);
        await rows.audit.add(auditEntry(parts, by, 'invitation-text.changed', language, text));
        return { ...text, updatedAt };
      }),
    resetInvitationText: (by, language) =>
      store.asOperator(async (rows) => {
        if (await rows.invitationTexts.remove(language))
          await rows.audit.add(auditEntry(parts, by, 'invitation-text.reset', language));
      }),
  };
};
