import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { type Request, Response } from "miniflare";
import type { StackWorkerOptions } from "../../dev/stack/worker-options.ts";

interface Claims {
  email: string;
  email_verified?: boolean;
  name?: string;
}

interface Grant {
  clientId: string;
  redirectUri: string;
  challenge: string;
  claims: object;
}

const clients = {
  GOOGLE_CLIENT_ID: "google-client",
  GOOGLE_CLIENT_SECRET: "google-secret",
  MICROSOFT_CLIENT_ID: "microsoft-client",
  MICROSOFT_CLIENT_SECRET: "microsoft-secret",
};
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const tokenEndpoints = [
  "https://oauth2.googleapis.com/token",
  "https://login.microsoftonline.com/common/oauth2/v2.0/token",
];

/** Google and Microsoft in pocket form: codes that work once, for the client, address and PKCE verifier they were made for. */
export class OpenIdProvider {
  private readonly grants = new Map<string, Grant>();

  /** Gives the portal its client ids, and has its calls to the outside end here: its code is that of a deployment. */
  servePortal(workers: StackWorkerOptions[]): StackWorkerOptions[] {
    return workers.map((worker) => {
      if (worker.name !== "licenzy-portal") return worker;
      return { ...worker, bindings: { ...worker.bindings, ...clients }, outboundService: this.answer };
    });
  }

  /** What the person does at the provider: agrees, as who `claims` says. Returns the path of the portal's way back. */
  agree(authorizationUrl: string, claims: Claims): URL {
    const { searchParams } = new URL(authorizationUrl);
    const given = (name: string) => searchParams.get(name) ?? "";
    if (given("code_challenge_method") !== "S256") throw new Error("The portal asked without PKCE");
    const code = randomBytes(12).toString("hex");
    const subject = createHash("sha256").update(claims.email).digest("hex");
    const isGoogle = given("client_id").startsWith("google");
    const tenant = "11111111-1111-1111-1111-111111111111";
    this.grants.set(code, {
      clientId: given("client_id"),
      redirectUri: given("redirect_uri"),
      challenge: given("code_challenge"),
      claims: {
        iss: isGoogle ? "https://accounts.google.com" : `https://login.microsoftonline.com/${tenant}/v2.0`,
        aud: given("client_id"),
        sub: subject,
        oid: subject,
        tid: tenant,
        name: "Somebody",
        ...(isGoogle ? claims : asMicrosoftSays(claims)),
      },
    });
    const back = new URL(given("redirect_uri"));
    back.search = new URLSearchParams({ code, state: given("state") }).toString();
    return back;
  }

  /** What the portal's own calls reach. */
  private readonly answer = async (request: Request): Promise<Response> => {
    if (!tokenEndpoints.includes(request.url)) return new Response("Not found", { status: 404 });
    const form = new URLSearchParams(await request.text());
    const code = form.get("code") ?? "";
    const grant = this.grants.get(code);
    this.grants.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isMeant =
      grant !== undefined &&
      grant.clientId === form.get("client_id") &&
      grant.redirectUri === form.get("redirect_uri") &&
      grant.challenge === challenge &&
      form.get("client_secret") === grant.clientId.replace("client", "secret");
    if (!isMeant) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const now = Math.floor(Date.now() / 1_000);
    const idToken = signed({ ...grant.claims, iat: now, exp: now + 3_600 });
    return Response.json({ token_type: "Bearer", access_token: "at", expires_in: 3_600, id_token: idToken });
  };
}

/** Microsoft has no `email_verified`: an optional claim lists the addresses whose domain the tenant has proven. */
function asMicrosoftSays({ email, email_verified }: Claims) {
  return { email, ...(email_verified === true ? { verified_primary_email: [email] } : {}) };
}

function signed(claims: object): string {
  const text = [{ alg: "RS256", typ: "JWT", kid: "1" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
}
