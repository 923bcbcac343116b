/** @file Public names of @pickapic/generation/models: the models of a file. */

export { fieldValue, withModel } from "./add.ts";
export { openPictures, openRoster, type Roster, type RosterNews } from "./roster.ts";
