/** @file SQL conditions that say which answers count. Leaderboard, statistics and dataset share them. */
import { sql } from "kysely";

const PERSON_COUNTS_TEXT = "p.consent_version is not null and p.banned_at is null";
const STANDS_TEXT = "r.withdrawn_at is null and not r.too_fast";

/** True if ranking `r` of person `p` counts, as text for COPY, which takes no parameters. */
export const COUNTS_TEXT = `${STANDS_TEXT} and ${PERSON_COUNTS_TEXT}`;

/** True if the answers of person `p` count: the person has agreed to a consent text and is not banned. */
export const PERSON_COUNTS = sql.raw(PERSON_COUNTS_TEXT);

/** True if ranking `r` was neither taken back nor given faster than a person can see. */
export const STANDS = sql.raw(STANDS_TEXT);

/** True if ranking `r` of person `p` counts. */
export const COUNTS = sql.raw(COUNTS_TEXT);
