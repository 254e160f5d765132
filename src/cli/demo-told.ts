/** An event as the bank got it: when, by `performance.now()`, and whether as a replay. */
export type Told = { id: string; type: string; consentId: string | undefined; at: number; isReplay: boolean };

/** What one way has told the bank so far, for whoever waits for something to be told. */
export const openTold = (way: string) => {
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  return {
    add(event: { id: string; type: string; data: unknown }, isReplay = false): void {
      const { consent } = event.data as { consent?: { id: string } };
      told.push({ id: event.id, type: event.type, consentId: consent?.id, at: performance.now(), isReplay });
      for (const wake of waiting) wake();
    },
    /** @throws Error when it does not come in time */
    async until(type: string, consentId: string, timeoutMs: number, isReplay = false): Promise<Told> {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const found = told.find((one) => one.type === type && one.consentId === consentId && one.isReplay === isReplay);
        if (found) return found;
        const left = end - performance.now();
        if (left <= 0) throw new Error(`no ${type} came by ${way} within ${timeoutMs / 1000} seconds`);
        await new Promise<void>((resolve) => {
          const wake = () => {
            clearTimeout(timer);
            waiting.delete(wake);
            resolve();
          };
          const timer = setTimeout(wake, left);
          waiting.add(wake);
        });
      }
    },
  };
};
