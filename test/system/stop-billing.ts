import { afterAll } from "vitest";
import { stopBilling } from "./world.ts";

// The files of this kind share a stack.
afterAll(stopBilling);
