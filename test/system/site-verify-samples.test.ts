import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sample } from "../../docs-site/generator/samples.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../shared/webhooks/signing.ts";
import { hasProgram, readSiteSamples, writeSample } from "./site-samples.ts";
import { languages, prepareVerifier, type SignedBody } from "./verify-samples.ts";

/** The verification of each language accepts what Licenzy signs, and nothing else. */

const fiveMinutes = 300_000;
const body = '{"id":"evt_1","type":"purchase.finalized","data":{"subject_ref":"user_ü"}}';

function sign(secrets: [string, ...string[]], at: number): SignedBody {
  const headers = buildSignatureHeaders(secrets, { id: "evt_1", at, body }) as SignedBody["headers"];
  return { body, headers, secret: secrets.at(-1) ?? "" };
}

/** Requests that a receiver must refuse, by why. */
function refusals(): Record<string, SignedBody> {
  const [secret, other] = [generateSigningSecret(), generateSigningSecret()];
  const valid = sign([secret], Date.now());
  const headers = (changed: Partial<SignedBody["headers"]>) => ({
    ...valid,
    headers: { ...valid.headers, ...changed },
  });
  return {
    "a changed body": { ...valid, body: body.replace("user_ü", "user_x") },
    "another secret": { ...valid, secret: other },
    "an old timestamp": sign([secret], Date.now() - fiveMinutes - 5_000),
    "another event id": headers({ "webhook-id": "evt_2" }),
    "another version": headers({
      "webhook-signature": valid.headers["webhook-signature"].replace("v1,", "v2,"),
    }),
    "a shortened signature": headers({
      "webhook-signature": valid.headers["webhook-signature"].slice(0, -4),
    }),
  };
}

let samples: Sample[];
let folder: string;
const missing = new Set<string>();
for (const { program } of Object.values(languages)) if (!(await hasProgram(program))) missing.add(program);

beforeAll(async () => {
  samples = await readSiteSamples();
  folder = await mkdtemp(join(tmpdir(), "licenzy-verify-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectToVerify(verify: (request: SignedBody) => Promise<boolean>) {
  const [former, current] = [generateSigningSecret(), generateSigningSecret()];
  expect(await verify(sign([current], Date.now()))).toBe(true);
  // During a rotation the new secret signs first.
  expect(await verify(sign([current, former], Date.now()))).toBe(true);
  for (const [why, request] of Object.entries(refusals()))
    expect([why, await verify(request)]).toEqual([why, false]);
}

describe("samples that verify a webhook", () => {
  for (const [name, { program }] of Object.entries(languages)) {
    const isMissing = missing.has(program);
    const label = isMissing ? `${name} is not executed here: there is no ${program}` : name;
    it.skipIf(isMissing)(label, { timeout: 120_000 }, async () => {
      const sample = samples.find((one) => one.sample === name)?.code ?? "";
      await expectToVerify(await prepareVerifier(name, sample, folder));
    });
  }

  it("verify-typescript", { timeout: 120_000 }, async () => {
    const file = join(folder, "verify.mjs");
    await writeSample(samples, "verify-typescript", file);
    const { verify } = (await import(pathToFileURL(file).href)) as {
      verify(body: Buffer, headers: Record<string, string>, secret: string): unknown;
    };
    await expectToVerify(async (request) => {
      try {
        verify(Buffer.from(request.body), request.headers, request.secret);
        return true;
      } catch {
        return false;
      }
    });
  });
});
