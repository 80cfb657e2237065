import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { discardBody } from "../../shared/kit/discard-body.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { DependencyUnavailableError } from "../../shared/kit/timeout.ts";
import { confirmFirst } from "./auth/confirm-first.tsx";
import { guard, isMember } from "./auth/guard.ts";
import { getSession } from "./auth/session-cookie.ts";
import { listProviders } from "./auth/sign-in-service.ts";
import { renderErrorPage } from "./components/error-page.tsx";
import { EncodingError } from "./http/decode-text.ts";
import { maxFormBytes, RepeatedFieldError, UnreadableFormError } from "./http/form.ts";
import { requestLog } from "./http/request-log.ts";
import { mappingUpload } from "./http/uploads.ts";
import { getOrigin, type PortalHono } from "./request-context.ts";
import { routes } from "./routes.ts";

export const app = new Hono<PortalHono>();

/** Origins that forms may redirect to. Chromium applies `form-action` to redirects too. */
const providerOrigins = {
  google: "https://accounts.google.com",
  microsoft: "https://login.microsoftonline.com",
};

app.use((c, next) => {
  c.env = withD1Timeout(c.env);
  return next();
});
app.use(requestLog);

// A form is refused by its origin, size or session before it is read.
app.use(async (c, next) => {
  await next();
  await discardBody(c.req.raw);
});

app.use(async (c, next) => {
  const formAction = ["'self'", ...listProviders(c.env).map((provider) => providerOrigins[provider])];
  const headers = secureHeaders({
    // With `no-referrer`, browsers send `Origin: null` with forms, and the origin check below would reject
    // them.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction,
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    // No page uses a device or another powerful feature, so nothing that ran in one could.
    permissionsPolicy: {
      camera: [],
      microphone: [],
      geolocation: [],
      payment: [],
      usb: [],
      serial: [],
      displayCapture: [],
      publickeyCredentialsGet: [],
    },
  });
  await headers(c, next);
  // Pages are personal and change at any time, so they are not cached. Static files set their own header.
  if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
});

// API keys have no use in the portal. A request that presents one is rejected before any other check.
app.use(async (c, next) => {
  if (c.req.header("Authorization") !== undefined)
    return c.text("The portal takes no API keys. Sign in with a browser.\n", 401);
  return next();
});

// Browsers send `Origin` with forms. A form from another origin, or without one, is rejected.
app.use(async (c, next) => {
  const isSafe = c.req.method === "GET" || c.req.method === "HEAD";
  if (!isSafe && c.req.header("Origin") !== getOrigin(c))
    return renderErrorPage(
      c,
      403,
      "Request blocked",
      "The portal accepts forms from its own pages only. Nothing was changed. Open the page again and retry.",
    );
  return next();
});

const limitForm = (maxSize: number) =>
  bodyLimit({ maxSize, onError: (c) => c.text("The form is too large.\n", 413) });

app.use(limitForm(mappingUpload.maxBytes));

app.use(async (c, next) => {
  c.set("now", await currentTime(c.env.DEV));
  c.set("redispatch", async (request) => app.fetch(request, c.env, c.executionCtx));
  await next();
});

for (const route of routes)
  app.on(route.method, route.path, limitForm(route.upload?.maxBytes ?? maxFormBytes), async (c) => {
    c.set("route", route);
    return (await guard(c, route)) ?? (await confirmFirst(c, route.confirm)) ?? (await route.handler(c));
  });

app.notFound(async (c) => {
  const session = await getSession(c);
  // An incomplete sign-in sees nothing of the account.
  if (session !== null && session.provenAt !== null && isMember(session)) c.set("member", session);
  return renderErrorPage(c, 404, "Page not found", "Check the address. The page may have been removed.");
});

app.onError((error, c) => {
  if (error instanceof RepeatedFieldError)
    return renderErrorPage(
      c,
      422,
      "The form is incomplete",
      "A field was sent twice. Nothing was changed. Reload the page.",
    );
  if (error instanceof EncodingError)
    return renderErrorPage(
      c,
      422,
      "The file is not in UTF-8",
      "Nothing was changed. Save the file as CSV in UTF-8, with or without a byte order mark, and upload it again.",
    );
  if (error instanceof UnreadableFormError)
    return renderErrorPage(
      c,
      422,
      "The form is unreadable",
      "Nothing was changed. Reload the page and try again.",
    );
  const cause = error.cause === undefined ? undefined : errorMessage(error.cause);
  const requestId = c.get("requestId");
  log("error", "portal.failed", { requestId, route: c.req.routePath, error: errorMessage(error), cause });
  const why =
    error instanceof DependencyUnavailableError
      ? `because ${error.dependency} did not respond`
      : "with an internal error";
  return renderErrorPage(
    c,
    503,
    "Something went wrong",
    `The request failed ${why}. Your change may or may not have been applied. Check before retrying.`,
  );
});
