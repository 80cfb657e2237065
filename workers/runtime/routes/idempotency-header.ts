import { z } from "@hono/zod-openapi";

export const idempotencyHeader = z.object({
  "Idempotency-Key": z.string().min(1).max(255).meta({
    description: "A unique key per operation, reused on retries: 1-255 visible ASCII characters.",
    example: "order-10442",
  }),
});
