/** What comes first is always at hand, however many there are. */
export type Heap<T> = { readonly size: number; push(item: T): void; pop(): T | undefined };

/** A binary heap. @param before does `a` come before `b`? */
export const openHeap = <T>(before: (a: T, b: T) => boolean): Heap<T> => {
  const items: T[] = [];
  const at = (place: number) => items[place] as T;
  return {
    get size() {
      return items.length;
    },
    push(item) {
      let place = items.push(item) - 1;
      for (let parent = (place - 1) >> 1; place > 0 && before(item, at(parent)); parent = (place - 1) >> 1) {
        items[place] = at(parent);
        place = parent;
      }
      items[place] = item;
    },
    pop() {
      const last = items.pop();
      if (last === undefined || items.length === 0) return last;
      const first = items[0];
      let place = 0;
      for (let child = 1; child < items.length; child = 2 * place + 1) {
        if (child + 1 < items.length && before(at(child + 1), at(child))) child += 1;
        if (!before(at(child), last)) break;
        items[place] = at(child);
        place = child;
      }
      items[place] = last;
      return first;
    },
  };
};
