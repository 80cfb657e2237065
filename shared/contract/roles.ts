/** Operator roles in ascending order. Each role includes the permissions of the roles before it. */
export const roles = ["viewer", "support", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

/** The description of each role, shown to the person who assigns it. */
export const roleDescriptions: Record<Role, string> = {
  viewer: "Sees everything, changes nothing.",
  support: "Also acts for customers and retries events and deliveries.",
  admin: "Also configures products, keys, Stripe and webhooks.",
  owner: "Everything, also members and the plan.",
};

export function hasRole(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
