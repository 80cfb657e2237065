import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { stylesheet } from "./components/stylesheet.ts";
import { signInPage } from "./pages/sign-in/page.tsx";

const app = new Hono();

app.use(
  secureHeaders({
    referrerPolicy: "same-origin",
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  }),
);

// Runtime keys never reach an operator's workflow: whoever presents one here is refused before anything else.
app.use(async (c, next) => {
  if (c.req.header("Authorization") !== undefined)
    return c.text("The portal takes no API keys. Sign in with a browser.\n", 401);
  return next();
});

app.get("/", (c) => c.redirect("/sign-in"));
app.get("/sign-in", signInPage);
app.get("/portal.css", (c) => c.body(stylesheet, 200, { "Content-Type": "text/css; charset=utf-8" }));
app.notFound((c) => c.text("There is no such page. Go to /sign-in\n", 404));

export default app;
