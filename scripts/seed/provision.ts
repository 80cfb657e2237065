/** Calls one provisioning function through the development gateway. */
export async function provision<T = void>(origin: string, name: string, ...args: unknown[]): Promise<T> {
  const response = await fetch(`${origin}/__dev/provision/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(args),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`provision ${name}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
