/** @file Which answers count: one condition for leaderboard, statistics and dataset. */
import { sql } from "kysely";

/** Whether the answers of person `p` count: who agrees to the consent text and is not banned. */
export const PERSON_COUNTS = sql`p.consent_version is not null and p.banned_at is null`;

/** Whether ranking `r` counts for the person who gave it: it was not taken back, and was not given faster than a person can see. */
export const STANDS = sql`r.withdrawn_at is null and not r.too_fast`;

/** Whether ranking `r` of person `p` counts. */
export const COUNTS = sql`${STANDS} and ${PERSON_COUNTS}`;
