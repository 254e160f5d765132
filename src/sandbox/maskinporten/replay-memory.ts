/** Remembers used grants until they could no longer pass as fresh. */
export type ReplayMemory = {
  /** True the first time. `untilSeconds` is when the grant can be forgotten. */
  firstUse(grantId: string, untilSeconds: number, nowSeconds: number): boolean;
};

export const replayMemory = (): ReplayMemory => {
  const used = new Map<string, number>();
  return {
    firstUse(grantId, untilSeconds, nowSeconds) {
      // Grants live about equally long, so the oldest entries are the first to go.
      for (const [id, until] of used) {
        if (until >= nowSeconds) break;
        used.delete(id);
      }
      if (used.has(grantId)) return false;
      used.set(grantId, untilSeconds);
      return true;
    },
  };
};
