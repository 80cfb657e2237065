/** What an operator may do, least first: each role may do what those before it may. */
export const roles = ["viewer", "support", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

/** What each role is for, in the words that people choose by. */
export const roleMeanings: Record<Role, string> = {
  viewer: "Sees everything, changes nothing.",
  support: "Also acts for customers and retries events and deliveries.",
  admin: "Also configures products, keys, Stripe and webhooks.",
  owner: "Everything, also members and the plan.",
};

export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
