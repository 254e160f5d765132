import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What the hub tells; `<hub>/docs/events` lists all types. Fields may be added to it. */
export type Event = {
  id: string;
  type: string;
  timestamp: string;
  sequence: number;
  data: { consent?: { id: string; version: number; status: string } };
};

/**
 * Events that were taken, one line each in a file. In a service of your own this is a table with `id` as its key: an insert that
 * finds the id there already is the whole check for doubles.
 */
export class Inbox {
  readonly #known = new Map<string, Promise<void>>();
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Calls `take` with each event that is there already. */
  static async open(path: string, take: (event: Event) => void): Promise<Inbox> {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const inbox = new Inbox(await open(path, 'a'));
    // A crash may have cut the last line: that event was not answered for, and comes again.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) await inbox.#file.truncate(Buffer.byteLength(whole));
    for (const line of whole.split('\n').filter((line) => line !== '')) {
      const event = JSON.parse(line) as Event;
      inbox.#known.set(event.id, Promise.resolve());
      take(event);
    }
    return inbox;
  }

  /** False for one that is there already. Resolves when it would survive a crash. */
  async add(event: Event): Promise<boolean> {
    const known = this.#known.get(event.id);
    if (known) {
      // Perhaps this very moment: nobody is answered before it is safe.
      await known;
      return false;
    }
    const written = this.#write(event);
    this.#known.set(event.id, written);
    try {
      await written;
    } catch (error) {
      this.#known.delete(event.id);
      throw error;
    }
    return true;
  }

  async #write(event: Event): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(event)}\n`);
    await this.#file.datasync();
  }
}
