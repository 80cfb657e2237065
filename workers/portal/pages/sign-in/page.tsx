import type { Context } from "hono";

/** Says what is here and what is coming: people, and so signing in, arrive with the portal itself. */
export function signInPage(c: Context) {
  return c.html(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Sign in · Licenzy</title>
        <link rel="stylesheet" href="/portal.css" />
      </head>
      <body>
        <main class="card">
          <div class="brand">
            <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
              <rect width="20" height="20" rx="5" />
              <path
                d="M6 5v10h8"
                fill="none"
                stroke-width="2.4"
                stroke-linecap="round"
                stroke-linejoin="round"
              />
            </svg>
            Licenzy
          </div>
          <h1>Nobody can sign in yet</h1>
          <p>
            This will be the operator portal: see why a customer has or lacks access, and put it right.
            Accounts, projects and the Customer Support page come with the next releases.
          </p>
          <p>
            The runtime API works today. Its reference is at <a href="/v1/docs">/v1/docs</a>.
          </p>
          <p class="quiet">API keys are for your backend. They are refused on every page of the portal.</p>
        </main>
      </body>
    </html>,
  );
}
