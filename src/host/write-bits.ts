/** Bits of a mode (inode(7)) that decide who may exchange what stands there. */
export const groupWrites = 0o020;
export const othersWrite = 0o002;
/** In a directory with it nobody may rename or remove the entries of others. */
export const sticky = 0o1000;
