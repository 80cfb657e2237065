import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** A webhook request as a receiver gets it. */
export interface SignedBody {
  body: string;
  headers: Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>;
  secret: string;
}

interface Language {
  program: string;
  file: string;
  /** Adds to the page's sample what reads the request from the environment. Exit code 0: verified. */
  complete(sample: string): string;
  run(folder: string): [command: string, ...args: string[]];
}

const javaMain = `
class Main {
  public static void main(String[] args) throws Exception {
    Map<String, String> headers = Map.of(
        "webhook-id", System.getenv("ID"),
        "webhook-timestamp", System.getenv("TIMESTAMP"),
        "webhook-signature", System.getenv("SIGNATURE"));
    byte[] body = System.getenv("BODY").getBytes(StandardCharsets.UTF_8);
    System.exit(LicenzyWebhook.verify(body, headers, System.getenv("SECRET")) ? 0 : 1);
  }
}
`;

const goMain = `
func main() {
	headers := http.Header{}
	headers.Set("webhook-id", os.Getenv("ID"))
	headers.Set("webhook-timestamp", os.Getenv("TIMESTAMP"))
	headers.Set("webhook-signature", os.Getenv("SIGNATURE"))
	if Verify([]byte(os.Getenv("BODY")), headers, os.Getenv("SECRET")) != nil {
		os.Exit(1)
	}
}
`;

/** By the name of the sample. */
export const languages: Record<string, Language> = {
  "verify-python": {
    program: "python3",
    file: "verify.py",
    complete: (sample) => `${sample}
import os

names = {"webhook-id": "ID", "webhook-timestamp": "TIMESTAMP", "webhook-signature": "SIGNATURE"}
verify(os.environb[b"BODY"], {name: os.environ[key] for name, key in names.items()}, os.environ["SECRET"])
`,
    run: (folder) => ["python3", join(folder, "verify.py")],
  },
  "verify-java": {
    program: "javac",
    file: "Main.java",
    complete: (sample) => sample + javaMain,
    run: (folder) => ["java", "-cp", folder, "Main"],
  },
  "verify-go": {
    program: "go",
    file: "main.go",
    complete: (sample) =>
      sample.replace("package webhook", "package main").replace('"net/http"', '"net/http"\n\t"os"') + goMain,
    run: (folder) => ["go", "run", join(folder, "main.go")],
  },
  "verify-php": {
    program: "php",
    file: "verify.php",
    complete: (sample) => `${sample}
verify(getenv('BODY'), ['webhook-id' => getenv('ID'), 'webhook-timestamp' => getenv('TIMESTAMP'),
    'webhook-signature' => getenv('SIGNATURE')], getenv('SECRET'));
`,
    run: (folder) => ["php", join(folder, "verify.php")],
  },
  "verify-ruby": {
    program: "ruby",
    file: "verify.rb",
    complete: (sample) => `${sample}
headers = { "webhook-id" => ENV["ID"], "webhook-timestamp" => ENV["TIMESTAMP"], "webhook-signature" => ENV["SIGNATURE"] }
verify(ENV["BODY"], headers, ENV["SECRET"])
`,
    run: (folder) => ["ruby", join(folder, "verify.rb")],
  },
};

export const verifySamples = ["verify-typescript", ...Object.keys(languages)];

/** Prepares the sample's program. Returns a function that says whether it verifies a request. */
export async function prepareVerifier(
  name: string,
  sample: string,
  parent: string,
): Promise<(request: SignedBody) => Promise<boolean>> {
  const language = languages[name];
  if (language === undefined) throw new Error(`${name} has no language`);
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, language.file), language.complete(sample));
  const execute = promisify(execFile);
  if (language.program === "javac") await execute("javac", ["-d", folder, join(folder, language.file)]);
  return async ({ body, headers, secret }) => {
    const env = {
      ...process.env,
      BODY: body,
      ID: headers["webhook-id"],
      TIMESTAMP: headers["webhook-timestamp"],
      SIGNATURE: headers["webhook-signature"],
      SECRET: secret,
    };
    const [command, ...args] = language.run(folder);
    return execute(command, args, { env }).then(
      () => true,
      (error: { code?: unknown }) => {
        // The program did not run.
        if (typeof error.code !== "number") throw error;
        return false;
      },
    );
  };
}
