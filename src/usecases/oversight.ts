/** Who did or saw what. */
export type AuditEntry = {
  id: string;
  at: Date;
  tenantId?: string;
  actor: { kind: 'api-key' | 'operator-key' | 'system'; id: string; name: string };
  action: string;
  target: string;
  details: unknown;
  requestId?: string;
};

/** How one kind of work stands: rows owed in PostgreSQL, and jobs in the queue engine. */
export type QueueCount = {
  queue: string;
  owed: number;
  due: number;
  handedOut: number;
  failing: number;
  oldestDueSeconds: number;
  lastProblem?: string;
  engine: { waiting: number; active: number } | null;
};
