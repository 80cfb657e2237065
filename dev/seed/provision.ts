/** Calls one provisioning function through the development gateway. */
export async function provision<T = void>(origin: string, name: string, ...args: unknown[]): Promise<T> {
  return callFunction<T>(origin, `provision/${name}`, args);
}

/** Calls one of the deliveries worker's operator functions through the development gateway. */
export async function webhooks<T = void>(origin: string, name: string, ...args: unknown[]): Promise<T> {
  return callFunction<T>(origin, `webhooks/${name}`, args);
}

async function callFunction<T>(origin: string, path: string, args: unknown[]): Promise<T> {
  const response = await fetch(`${origin}/__dev/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(args),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
