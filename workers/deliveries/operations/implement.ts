import { implementer } from "../../../shared/operations/implement.ts";
import type { DeliveriesEnv } from "../env.ts";

export const implement = implementer<DeliveriesEnv>();
