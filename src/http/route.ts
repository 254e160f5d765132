import type { z } from 'zod';
import type { Problem, ProblemCode } from '../domain/problem.ts';
import type { Soon } from '../lib/soon.ts';
import type { ByOperator, ByTenant, OperatorRole, TenantScope } from '../usecases/use-cases.ts';
import type { Passing } from './pass-on.ts';

export type Audience = 'tenant' | 'operator' | 'everybody';
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler may know of the process it runs in. */
export type Site = {
  production: boolean;
  now(): Date;
  checks(): Promise<Record<string, string>>;
  openApi(): string;
};

/** A reply that is not JSON: a page, a script, a style sheet. `policy` is its Content-Security-Policy. */
export type Content = { type: string; bytes: string | Buffer; policy?: string };

/** A reply that goes on for as long as both sides want. */
export type Stream = {
  type: string;
  /** Aborted when the caller may have no more of it: what is not written by then never is. */
  over: AbortSignal;
  /** What is written, piece by piece; answers why it ended, for the log. Ends soon after `gone` is aborted, with a last word. */
  pieces(gone: AbortSignal): AsyncGenerator<string, string, undefined>;
  /** Called once it has ended, or will not begin. */
  close(): void;
};

/** `problem` is for a failure that wants headers of its own beside it, or is told as `content`; any other is thrown. */
export type Answer = {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  content?: Content;
  stream?: Stream;
  /** It has been passed on already, and how that ended, for the log. */
  passed?: { ended: string };
  problem?: Problem;
};

type By<A extends Audience> = A extends 'tenant' ? ByTenant : A extends 'operator' ? ByOperator : undefined;

/** One request, checked, as a handler sees it. */
export type Asked<A extends Audience, P, Q, B> = {
  by: By<A>;
  params: P;
  query: Q;
  body: B;
  /** How long the caller wants to wait (`Prefer: wait`), on routes that take it. */
  waitMs: number | undefined;
  /** Who is connected, as far as this process and the proxies it trusts see; empty where they do not say. */
  address: string;
  requestId: string;
  idempotencyKey: string | undefined;
  /** `Last-Event-ID`, on routes that stream. */
  lastEventId: string | undefined;
  /** The request itself, on routes that pass it on. */
  passing: Passing | undefined;
  /** The best of these media types or languages for the caller. */
  prefers(kind: 'type' | 'language', offered: readonly [string, ...string[]]): string;
  site: Site;
};

/** Who may call stands beside the path. `any`: every key of a tenant. */
type Gate<A extends Audience> = A extends 'tenant'
  ? { scope: TenantScope | 'any' }
  : A extends 'operator'
    ? { role: OperatorRole }
    : { scope?: never };

type Told = {
  /** `operationId` in the OpenAPI document. */
  name: string;
  method: Method;
  /** `:name` stands for one segment, `*name` at the end for all that are left. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  prefer?: 'wait';
  idempotent?: boolean;
  /** Answers 200 with `text/event-stream`; takes `Last-Event-ID`. */
  streams?: true;
  /** The request is passed on as it is, and so is the answer: neither is read. */
  passes?: true;
  /** Takes a form instead of JSON, and tells what went wrong as OAuth does (RFC 6749, 5.2). */
  oauth?: true;
  /** An empty body counts as `{}`. */
  bodyOptional?: boolean;
  /** The same few bodies come again and again, and name no person: read once, they are remembered. */
  bodyRepeats?: boolean;
  /** By status; `nothing` for an empty body, `page` for what people read, `passed` for what somebody else answered. */
  replies: Readonly<Record<number, z.ZodType | 'nothing' | 'page' | 'passed'>>;
  /** Beside those that follow from the rest: authentication, limits, input. */
  problems: readonly ProblemCode[];
  /** Left out of the OpenAPI document: pages for browsers. */
  hidden?: boolean;
};

type Spec<A extends Audience, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Told &
  Gate<A> & {
    audience: A;
    params?: P;
    query?: Q;
    body?: B;
    handle(asked: Asked<A, z.output<P>, z.output<Q>, z.output<B>>): Soon<Answer>;
  };

/** A route as the server, the OpenAPI document and the tests read it. */
export type Route = Told & {
  audience: Audience;
  scope?: TenantScope | 'any';
  role?: OperatorRole;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  handle(asked: Omit<Asked<Audience, unknown, unknown, unknown>, 'by'> & { by: unknown }): Soon<Answer>;
};

/** Keeps handler and schemas in step; afterwards all routes look alike. */
export const route = <
  A extends Audience,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: Spec<A, P, Q, B>,
): Route => spec as Told & { audience: A } & Pick<Route, 'handle'>;
