/**
 * Whoever asks for what somebody is asking for already waits for the same answer, and costs a promise. So many may do so as
 * come: whoever lets them in bounds them.
 *
 * @param isWorthAnother an answer failed so that one who joined late has not had their share of patience: they ask once
 *   more, together
 * @param onJoined somebody did not ask themselves, but waits for another's answer
 */
export const sharedAsks = <T>(
  isWorthAnother: (error: unknown) => boolean,
  onJoined: () => void = () => {},
): ((name: string, ask: () => Promise<T>) => Promise<T>) => {
  const underWay = new Map<string, Promise<T>>();
  const joined = (name: string, ask: () => Promise<T>): Promise<T> => {
    const known = underWay.get(name);
    if (known) {
      onJoined();
      return known;
    }
    const answer = ask().finally(() => underWay.delete(name));
    underWay.set(name, answer);
    return answer;
  };
  return async (name, ask) => {
    const earlier = underWay.get(name);
    if (earlier) {
      onJoined();
      try {
        return await earlier;
      } catch (error) {
        if (!isWorthAnother(error)) throw error;
      }
    }
    return joined(name, ask);
  };
};
