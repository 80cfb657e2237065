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

/**
 * Emulates the sign-in of Google and Microsoft. Each code works once, for the client, redirect URI and PKCE
 * verifier that it was issued for.
 */
export class OpenIdProvider {
  private readonly grants = new Map<string, Grant>();

  /**
   * Gives the portal its client IDs and answers its outbound calls. The portal's code is the deployed code.
   */
  servePortal(workers: StackWorkerOptions[]): StackWorkerOptions[] {
    return workers.map((worker) => {
      if (worker.name !== "licenzy-portal") return worker;
      return { ...worker, bindings: { ...worker.bindings, ...clients }, outboundService: this.answer };
    });
  }

  /** Signs in as the person in `claims` and grants consent. Returns the URL of the portal's callback. */
  agree(authorizationUrl: string, claims: Claims): URL {
    const { searchParams } = new URL(authorizationUrl);
    const given = (name: string) => searchParams.get(name) ?? "";
    if (given("code_challenge_method") !== "S256") throw new Error("The portal sent no PKCE challenge");
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
        ...(isGoogle ? claims : toMicrosoftClaims(claims)),
      },
    });
    const back = new URL(given("redirect_uri"));
    back.search = new URLSearchParams({ code, state: given("state") }).toString();
    return back;
  }

  /** Answers the portal's outbound calls. */
  private readonly answer = async (request: Request): Promise<Response> => {
    if (!tokenEndpoints.includes(request.url)) return new Response("Not found", { status: 404 });
    const form = new URLSearchParams(await request.text());
    const code = form.get("code") ?? "";
    const grant = this.grants.get(code);
    this.grants.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isValid =
      grant !== undefined &&
      grant.clientId === form.get("client_id") &&
      grant.redirectUri === form.get("redirect_uri") &&
      grant.challenge === challenge &&
      form.get("client_secret") === grant.clientId.replace("client", "secret");
    if (!isValid) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const now = Math.floor(Date.now() / 1_000);
    const idToken = signToken({ ...grant.claims, iat: now, exp: now + 3_600 });
    return Response.json({ token_type: "Bearer", access_token: "at", expires_in: 3_600, id_token: idToken });
  };
}

/**
 * Microsoft sends no `email_verified`. An optional claim lists the addresses in domains that the tenant
 * verified.
 */
function toMicrosoftClaims({ email, email_verified }: Claims) {
  return { email, ...(email_verified === true ? { verified_primary_email: [email] } : {}) };
}

function signToken(claims: object): string {
  const text = [{ alg: "RS256", typ: "JWT", kid: "1" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
}
