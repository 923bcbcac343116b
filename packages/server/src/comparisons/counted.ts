/** @file SQL conditions that say which answers count. Leaderboard, statistics and dataset share them. */
import { sql } from "kysely";

/** True if the answers of person `p` count: the person has agreed to a consent text and is not banned. */
export const PERSON_COUNTS = sql`p.consent_version is not null and p.banned_at is null`;

/** True if ranking `r` was neither taken back nor given faster than a person can see. */
export const STANDS = sql`r.withdrawn_at is null and not r.too_fast`;

/** True if ranking `r` of person `p` counts. */
export const COUNTS = sql`${STANDS} and ${PERSON_COUNTS}`;
