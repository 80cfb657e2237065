/** What the platform lets one database and one object hold. */
export const maxD1Bytes = 10_000_000_000;
export const maxObjectBytes = 10_000_000_000;

/** Objects from this size on are watched. The condition of their index in D1 repeats the number. */
export const watchedObjectBytes = 1_000_000_000;

const alarmShare = 0.8;

/** Whether so little is left that an operator has to act: writes fail when it is full. */
export const isFilling = (bytes: number, maxBytes: number): boolean => bytes >= alarmShare * maxBytes;
