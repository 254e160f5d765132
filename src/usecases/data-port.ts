/** Names in lower case, as Node reads them. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** `length` where it was said beforehand. */
export type DataBody = { bytes: AsyncIterable<Uint8Array>; length?: number };

/** What somebody asks of a data source, by way of the hub. */
export type DataAsk = {
  method: 'GET' | 'POST';
  /** As it was written, without the slash before it. */
  path: string;
  /** As it was written, without the question mark. */
  query: string;
  /** Key of the service that is meant, where the consent has several. */
  service?: string | undefined;
  headers: Headers;
  body?: DataBody;
};

/** Whoever gets the answer. Each `on…` is listened to by one at a time, the latest. */
export type DataReply = {
  /** Names and values by turns. */
  begin(status: number, headers: readonly string[]): void;
  /** False: no more before it is drained. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** Ends it so that nobody takes it for whole. */
  break(): void;
  onDrained(listener: () => void): void;
  onLeft(listener: () => void): void;
};

/** A call as it goes out. Its path may hold a person's number: it stands in no log and in no error. */
export type DataCall = {
  origin: string;
  path: string;
  method: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body?: DataBody;
  /** Of the answer, and of a request whose length nobody said. */
  maxBytes: number;
  timeoutMs: number;
};

/** As `DataReply`, before what may not go back has been taken out. `begin` may throw: then nothing more is read. */
export type DataTaker = Omit<DataReply, 'begin'> & {
  /** What has to be done before anything of an answer with this status goes on; where it fails, nothing does. */
  beforehand?(status: number): Promise<void> | undefined;
  begin(status: number, headers: Headers): void;
};

/** How an answer ended: all of it was passed on, the caller went away, or it broke off (`why`). */
export type DataEnding = {
  ended: 'whole' | 'left' | 'cut';
  /** Absent where the caller left before there was one. */
  status?: number;
  why?: string;
  sentBytes: number;
  readBytes: number;
};

/** The way to data sources. Keeps nothing of what passes. */
export type DataSources = {
  /**
   * Follows no redirects.
   *
   * @throws Problem `data-source-…`, `data-answer-too-large`, `data-too-large`, all before the answer began
   */
  call(call: DataCall, taker: DataTaker): Promise<DataEnding>;
};

/** What came of calls: `outcome` is how the answer ended, by its status, or the code of the problem told instead. */
export type DataMetrics = {
  passed(outcome: string, durationMs: number, bytes: { sent: number; read: number }): void;
};
