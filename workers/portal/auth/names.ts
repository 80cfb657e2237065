const maxNameLength = 80;
const maxEmailLength = 254;

/** Returns why a name that a person types is not accepted, or `null`. It is in each audit entry, and in every list. */
export function findNameError(name: string, whenEmpty: string): string | null {
  if (name === "") return whenEmpty;
  return name.length > maxNameLength ? `Use at most ${maxNameLength} characters.` : null;
}

/** Shortens a name that a provider sends. */
export const shortenName = (name: string): string => name.slice(0, maxNameLength);

/** Returns whether the text may be an address: mail shows whether it is one. */
export const isEmailAddress = (email: string): boolean =>
  email.length <= maxEmailLength && /^[^\s@]+@[^\s@]+$/.test(email);
