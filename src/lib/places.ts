/** So many places in all, and so many of them for one key. Answers how to leave the place that was taken; undefined where there is none. */
export const openPlaces = ({ ofKey, inAll }: { ofKey: number; inAll: number }) => {
  const taken = new Map<string, number>();
  let all = 0;
  return (key: string): (() => void) | undefined => {
    const many = taken.get(key) ?? 0;
    if (many >= ofKey || all >= inAll) return undefined;
    taken.set(key, many + 1);
    all += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      all -= 1;
      const left = (taken.get(key) ?? 1) - 1;
      if (left > 0) taken.set(key, left);
      else taken.delete(key);
    };
  };
};
