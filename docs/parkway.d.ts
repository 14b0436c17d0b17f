// Types of Parkway's scripting API, for editors: put
//   /// <reference path="parkway.d.ts" />
// at the top of a script, or name this file in a jsconfig.json.

type Value = null | boolean | number | bigint | string | Uint8Array

/** What can be copied from one runtime to another. */
type Data = undefined | Value | Data[] | {[key: string]: Data}

interface Conn {
  /** What the client has from CONNECTION_ID(). */
  readonly id: number
  /** IP address; "localhost" for a unix socket. */
  readonly clientAddr: string
  readonly clientPort: number
  /** "" in onConnect. */
  readonly user: string
  readonly schema: string
  /** What the client sent with its login: program_name, _client_name, ... */
  readonly attributes: {readonly [name: string]: string}
  /** Turns the client away, in onConnect. The code is 1148 unless it is given. */
  reject(message: string): this
  reject(code: number, message: string): this
  reject(code: number, sqlState: string, message: string): this
}

interface Auth {
  readonly user: string
  /** The authentication plugin. */
  readonly plugin: string
  readonly schema: string
  readonly tls: boolean
  /** Refuses the login. The code is 1045 unless it is given. */
  reject(message: string): this
  reject(code: number, message: string): this
  reject(code: number, sqlState: string, message: string): this
  /** Who the client is at the servers. Without a password: the one that [[mysql_users]] has for that account. */
  become(user: string, password?: string): this
  /** In place of the user's default_hostgroup. */
  route(hostgroup: number): this
  /** The schema that the client begins in. */
  use(schema: string): this
}

interface Query extends Omit<Conn, "reject"> {
  /** The statement; of an execution, the prepared one. */
  readonly sql: string
  /** false: the statement is too long to be held whole, and sql is its beginning. */
  readonly whole: boolean
  readonly command: "COM_QUERY" | "COM_STMT_PREPARE" | "COM_STMT_EXECUTE"
  /** Not COM_QUERY. */
  readonly prepared: boolean
  /** 0x and sixteen digits, the same for statements that differ only in literals; "" if it is not known. */
  readonly digest: string
  /** The statement without its literals and comments. */
  readonly digestText: string
  /** Where it goes if the script says nothing. */
  readonly hostgroup: number
  readonly inTransaction: boolean
  /** Of an execution. undefined: sent as long data, and not kept. */
  readonly params: (Value | undefined)[]
  /** key=value pairs of the statement's comments. */
  readonly annotations: {readonly [key: string]: string}

  route(hostgroup: number): this
  /** Sends another text. Not for COM_STMT_EXECUTE, which runs what was prepared. */
  rewrite(sql: string): this
  reject(message: string): this
  reject(code: number, message: string): this
  reject(code: number, sqlState: string, message: string): this
  /** Answers without a server. Not for COM_STMT_PREPARE. */
  reply(answer?: Reply): this
  /** Sends a statement on the same connection first. What the handler says of q holds for the statement behind it. */
  before(sql: string, handler?: (outcome: Outcome, q: Query) => void | Promise<void>): this
  /** Sends a statement on the same connection when the client has its answer. The handler can only say q.after. */
  after(sql: string, handler?: (outcome: Outcome, q: Query) => void | Promise<void>): this
  /** Milliseconds that it may take at the server; 0: any time. */
  timeout(ms: number): this
  /** Keeps the connection for this client. */
  pin(): this
  /** Counts it in parkway_script_tagged_total{tag}. */
  tag(name: string): this
  /** Whether onResult is asked about its answer: yes, unless this says false. An execution that it is asked about opens no cursor. */
  observe(yes: boolean): this
}

type ColumnType = "BIGINT" | "UBIGINT" | "DOUBLE" | "DECIMAL" | "VARCHAR" | "BLOB" | "DATE" | "TIME" | "DATETIME" | "TIMESTAMP" | "JSON"
type NewColumn = string | {name: string, type?: ColumnType, orgName?: string, table?: string, orgTable?: string, schema?: string}

interface OK {affectedRows?: number | bigint, insertId?: number | bigint, warnings?: number, info?: string}

/** Rows (objects, or arrays in the order of the columns), or an OK. */
type Reply = ({[column: string]: Value | undefined} | Value[])[] | {columns: NewColumn[], rows: ({[column: string]: Value | undefined} | Value[])[]} | OK

interface ServerError {readonly code: number, readonly sqlState: string, readonly message: string}

interface Answer {
  readonly columns: string[]
  readonly rows: {[column: string]: Value}[]
  readonly affectedRows: number | bigint
  readonly insertId: number | bigint
  readonly warnings: number
  readonly info: string
}

interface Outcome extends Answer {
  readonly error: ServerError | null
  /** The result was larger than 1 MiB: the rest is missing. */
  readonly truncated: boolean
  readonly queryTimeMs: number
}

interface Column {
  readonly name: string, readonly orgName: string, readonly table: string, readonly orgTable: string, readonly schema: string
  /** As the protocol numbers them. */
  readonly type: number, readonly flags: number, readonly charset: number, readonly length: number, readonly decimals: number
}

/** A row: its values by name and by number. They can be changed; those that are not go back as they came. */
interface Row {
  [column: string]: any
  [column: number]: Value
  drop(): this
}

interface Summary {
  readonly rows: number
  readonly affectedRows: number | bigint
  readonly insertId: number | bigint
  readonly warnings: number
  readonly info: string
  readonly error: ServerError | null
  readonly queryTimeMs: number
  /** Results follow. */
  readonly more: boolean
}

interface Result {
  /** Of the results of this answer, from 0. */
  readonly number: number
  /** Empty: an OK or an error. Of a COM_STMT_PREPARE (q.command), those that executions have: only dropColumn and addColumn count there. */
  readonly columns: Column[]
  readonly error: ServerError | null
  readonly affectedRows: number | bigint
  readonly insertId: number | bigint
  readonly warnings: number
  readonly info: string
  /** Until the answer began. */
  readonly queryTimeMs: number

  /** Each row: nothing or the row keeps it, as it is by then; null or false drops it; an object or array takes its place. */
  map(f: (row: Row) => void | null | boolean | Row | {[column: string]: Value} | Value[]): this
  /** Some rows at a time, 64 KiB or so: nothing keeps them, as they are by then; an array takes their place. */
  batches(f: (rows: Row[]) => void | (Row | {[column: string]: Value} | Value[])[]): this
  /** At the end. Rows that are returned are sent before it. q.after can be said. */
  end(f: (summary: Summary, q: Query) => void | ({[column: string]: Value} | Value[])[]): this
  dropColumn(column: string | number): this
  addColumn(column: NewColumn, value: (row: Row) => Value | undefined): this
  /** In a function that is given rows: these are the last. */
  stop(): this
  reply(answer?: Reply): this
  reject(message: string): this
  reject(code: number, message: string): this
  reject(code: number, sqlState: string, message: string): this
}

interface Stats {readonly durationMs: number, readonly queries: number, readonly bytesIn: number, readonly bytesOut: number, readonly aborted: boolean}

declare const shared: {
  get(key: string): any
  set(key: string, value: Data, ttlMs?: number): void
  delete(key: string): boolean
  /** Returns the sum. The time to live counts from the first time on. */
  incr(key: string, by?: number, ttlMs?: number): number
  /** undefined stands for "is not there". */
  compareAndSet(key: string, expected: Data, value: Data, ttlMs?: number): boolean
  /** 0: never. false: there is no such key. */
  expire(key: string, ttlMs: number): boolean
}

declare const log: {[level in "debug" | "info" | "warn" | "error"]: (message: string, fields?: {[key: string]: Data}) => void}

declare const metrics: {
  /** parkway_user_NAME. */
  counter(name: string, labels?: {[label: string]: string}): {inc(by?: number): void}
  gauge(name: string, labels?: {[label: string]: string}): {set(value: number): void, inc(by?: number): void, dec(by?: number): void}
}

declare const timer: {
  /** At the top of a script. One call at a time, on one runtime of the process. */
  every(ms: number, f: () => void | Promise<void>): void
}

/** Runs a function of the top of the script on the pool. In an async function it returns what that returns; elsewhere, return what it returns. */
declare function offload(f: Function, ...args: Data[]): any
declare function sleep(ms: number): Promise<void>
/** A statement of the script's own, as sql_username. Rejected with a QueryError. */
declare function sql(hostgroup: number, statement: string): Promise<Answer>
interface QueryError extends Error {readonly code: number, readonly sqlState: string}
declare function fetch(url: string, options?: {method?: string, headers?: {[name: string]: string}, body?: string}):
  Promise<{status: number, ok: boolean, headers: {[name: string]: string}, body: string}>
/** A file beside the script: "./name.js", "./name.json". At the beginning. */
declare function require(file: string): any

// Only in tests (parkway script test); elsewhere test does nothing and the others are not there.

declare function test(name: string, f: () => void | Promise<void>): void
declare const assert: {
  (condition: any, message?: string): void
  equal(got: any, want: any, message?: string): void
  deepEqual(got: Data, want: Data, message?: string): void
  match(text: string, form: RegExp, message?: string): void
  throws(f: () => void, message?: string): void
}

type MockClient = string | {
  sql?: string, command?: string, id?: number, user?: string, schema?: string, clientAddr?: string, clientPort?: number, hostgroup?: number,
  inTransaction?: boolean, attributes?: {[name: string]: string}, params?: Value[]
}
interface MockInjection {readonly sql: string, answer(outcome: Reply & {error?: Partial<ServerError>}): MockVerdict}
interface MockVerdict {
  readonly hostgroup?: number, readonly sql?: string, readonly reject: ServerError | null, readonly reply?: Answer, readonly timeout?: number,
  readonly pin: boolean, readonly observe: boolean, readonly tags: string[], readonly before: MockInjection[], readonly after: MockInjection[]
}
declare const mock: {
  connect(client: MockClient): {reject: ServerError | null}
  auth(client: MockClient): {reject: ServerError | null, user: string, password?: string, hostgroup?: number, schema?: string}
  query(q: MockClient): MockVerdict
  result(q: MockClient, answer: Reply & {error?: Partial<ServerError>, queryTimeMs?: number}):
    {columns?: Column[], rows?: {[column: string]: Value}[], error?: ServerError | null, after: MockInjection[]}
  disconnect(client: MockClient, stats?: {queries?: number, durationMs?: number}): void
  /** What sql() answers to this statement. */
  sql(statement: string, answer: Reply & {error?: Partial<ServerError>}): void
}
