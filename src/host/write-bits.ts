/** Mode bits (inode(7)) that decide who may replace a file. */
export const groupWrites = 0o020;
export const othersWrite = 0o002;
/** In a directory with this bit nobody may rename or remove entries of other users. */
export const sticky = 0o1000;
