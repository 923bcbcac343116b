/** @file The open event streams of a server: limits them, ends them, and sends heartbeats that keep proxies from closing them. */
import { sql } from "kysely";
import { CONSENT } from "../auth/consent.ts";
import { networkOf } from "../auth/newcomers.ts";
import type { Database } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";

/** An open stream. */
interface Stream {
  person: string;
  /** Id of the session. The stream ends with it. */
  session: string;
  /** The client's network address. */
  address: string;
  /** Sends a heartbeat: a comment line. */
  beat(): void;
  end(): void;
}

type StreamSettings = Pick<ResolvedSettings, "streamLimit" | "addressStreamLimit" | "userStreamLimit" | "heartbeatMs">;

/** The open streams of one server. */
export class Streams {
  readonly #open = new Set<Stream>();
  readonly #settings: StreamSettings;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param liveSessions returns those of the given sessions whose person may still follow rounds; called once per heartbeat, for all streams
   * @param onError called when `liveSessions` fails; the streams then stay open until the next heartbeat
   */
  constructor(
    settings: StreamSettings,
    liveSessions: (sessions: readonly string[]) => Promise<ReadonlySet<string>>,
    onError: (error: unknown) => void,
  ) {
    this.#settings = settings;
    this.#timer = setInterval(() => this.#beat(liveSessions).catch(onError), settings.heartbeatMs).unref();
  }

  /**
   * Adds a stream, unless there are too many: each holds a connection.
   * @returns the function that removes the stream, to be called once it has ended
   * @throws ServerError PICKAPIC_STREAMS_SHARE, PICKAPIC_STREAMS_ADDRESS, PICKAPIC_STREAMS_FULL
   */
  add(stream: Stream): () => void {
    this.#check(stream);
    this.#open.add(stream);
    return () => void this.#open.delete(stream);
  }

  /** Ends the streams of a session that was signed out. */
  endSession(session: string): void {
    this.#end((stream) => stream.session === session);
  }

  /** Ends all streams of a person. */
  endPerson(person: string): void {
    this.#end((stream) => stream.person === person);
  }

  /** Ends every stream, so that the server can close. */
  close(): void {
    clearInterval(this.#timer);
    this.#end(() => true);
  }

  #check({ person, address }: Stream): void {
    const { streamLimit, addressStreamLimit, userStreamLimit } = this.#settings;
    const network = networkOf(address);
    const count = (matches: (other: Stream) => boolean) => [...this.#open].filter(matches).length;
    if (count((other) => other.person === person) >= userStreamLimit)
      throw new ServerError("PICKAPIC_STREAMS_SHARE", userStreamLimit);
    if (count((other) => networkOf(other.address) === network) >= addressStreamLimit)
      throw new ServerError("PICKAPIC_STREAMS_ADDRESS", addressStreamLimit);
    if (this.#open.size >= streamLimit) throw new ServerError("PICKAPIC_STREAMS_FULL");
  }

  #end(matches: (stream: Stream) => boolean): void {
    for (const stream of [...this.#open].filter(matches)) stream.end();
  }

  async #beat(liveSessions: (sessions: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void> {
    for (const stream of this.#open) stream.beat();
    if (this.#open.size === 0) return;
    const asked = new Set([...this.#open].map(({ session }) => session));
    const live = await liveSessions([...asked]);
    this.#end(({ session }) => asked.has(session) && !live.has(session));
  }
}

/** Returns those of the given sessions that have not expired and whose person has agreed to the current consent text and is not banned. */
export async function findLiveSessions(db: Database, sessions: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select s.id from session s join people p on p.user_id = s."userId"
    where s.id = any(${sessions}::text[]) and s."expiresAt" > now() and p.banned_at is null and p.consent_version = ${CONSENT.version}`.execute(
    db,
  );
  return new Set(rows.map(({ id }) => id));
}
