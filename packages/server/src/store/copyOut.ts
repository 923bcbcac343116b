/**
 * @file A COPY out of PostgreSQL whose rows are looked at in the bytes of the connection. Each row is a message of its own, so that a query that
 * hands messages on would make several objects for each row, some millions for a large table.
 * Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
import { releaseBytes } from "@pickapic/dataset";
import type { ClientBase, Connection, Submittable } from "pg";
import { type CopiedRow, HEADER_BYTES, locateRow } from "./copied.ts";

/** The first byte of a message that holds a row; every other message is pg's own business. */
const COPY_DATA = "d".charCodeAt(0);
/** A message is one byte for its kind, four for the length of what follows (with these four), and what follows. */
const MESSAGE_HEAD = 5;
/** The first room for bytes that are not looked at yet, some reads of a socket. */
const FIRST_ROOM = 1 << 18;

/**
 * Calls `visit` for each row of a binary COPY, and resolves when PostgreSQL is ready for the next statement. A row is valid during the call only.
 * @param statement `copy (select ...) to stdout (format binary)`
 * @param fields how many columns it has
 * @throws what PostgreSQL reports, or what `visit` throws; the connection must be closed then, because rows may still come
 */
export function visitCopy(client: ClientBase, statement: string, fields: number, visit: (row: CopiedRow) => void): Promise<void> {
  return client.query(new CopyOut(statement, fields, visit)).done;
}

type Listener = (chunk: Buffer) => void;

/** A query in the form that pg runs: it calls `submit`, and then a `handle...` for each message that it understands. */
class CopyOut implements Submittable {
  readonly #statement: string;
  readonly #visit: (row: CopiedRow) => void;
  readonly #ended = Promise.withResolvers<void>();
  /** Puts pg's own listener back on the connection; undefined when it is there. */
  #giveBack: (() => void) | undefined;
  /** The bytes that arrived. The bytes of a message that is not complete yet are at the front. */
  #row: CopiedRow;
  #filled = 0;
  #isFirst = true;

  constructor(statement: string, fields: number, visit: (row: CopiedRow) => void) {
    this.#statement = statement;
    this.#visit = visit;
    this.#row = rowIn(new Uint8Array(FIRST_ROOM), new Int32Array(fields), new Int32Array(fields));
  }

  get done(): Promise<void> {
    return this.#ended.promise;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    const listeners = stream.listeners("data") as Listener[];
    const handOn: Listener = (bytes) => {
      for (const listener of listeners) listener.call(stream, bytes);
    };
    const take: Listener = (chunk) => this.#take(chunk, handOn);
    for (const listener of listeners) stream.off("data", listener);
    stream.on("data", take);
    this.#giveBack = () => {
      this.#giveBack = undefined;
      stream.off("data", take);
      for (const listener of listeners) stream.on("data", listener);
    };
    connection.query(this.#statement);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#giveBack?.();
    this.#ended.resolve();
  }

  handleError(error: Error): void {
    this.#giveBack?.();
    this.#ended.reject(error);
  }

  /** Looks at all messages that are whole, and hands those on that are no rows. */
  #take(chunk: Buffer, handOn: Listener): void {
    this.#append(chunk);
    const { bytes, view } = this.#row;
    let at = 0;
    while (this.#giveBack && at + MESSAGE_HEAD <= this.#filled) {
      const end = at + 1 + view.getInt32(at + 1);
      if (end > this.#filled) break;
      if (bytes[at] === COPY_DATA) this.#visitRows(at + MESSAGE_HEAD, end);
      else handOn(Buffer.from(bytes.subarray(at, end)));
      at = end;
    }
    if (!this.#giveBack && at < this.#filled) handOn(Buffer.from(bytes.subarray(at, this.#filled)));
    bytes.copyWithin(0, at, this.#filled);
    this.#filled -= at;
  }

  #append(chunk: Uint8Array): void {
    const { bytes, starts, lengths } = this.#row;
    if (this.#filled + chunk.length > bytes.length) {
      const larger = new Uint8Array(2 * (this.#filled + chunk.length));
      larger.set(bytes.subarray(0, this.#filled));
      this.#row = rowIn(larger, starts, lengths);
    }
    this.#row.bytes.set(chunk, this.#filled);
    this.#filled += chunk.length;
    releaseBytes(chunk);
  }

  #visitRows(start: number, end: number): void {
    try {
      for (let at = start + (this.#isFirst ? HEADER_BYTES : 0); at < end; ) {
        const next = locateRow(this.#row, at, end);
        if (next === 0) break;
        this.#visit(this.#row);
        at = next;
      }
    } catch (error) {
      this.#ended.reject(error);
    }
    this.#isFirst = false;
  }
}

function rowIn(bytes: Uint8Array, starts: Int32Array, lengths: Int32Array): CopiedRow {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), starts, lengths };
}
