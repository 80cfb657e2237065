import { amountExamples, purchaseExamples } from "./amounts.ts";
import { documentedExamples } from "./documented.ts";
import type { Example } from "./example.ts";
import { holdExamples, operatorExamples } from "./holds.ts";
import { itemExamples } from "./items.ts";
import { planExamples } from "./plans.ts";
import { statusExamples } from "./statuses.ts";

/** The examples by title. Each title is a sentence. */
const examples: Record<string, Example> = {
  ...itemExamples,
  ...planExamples,
  ...holdExamples,
  ...amountExamples,
  ...statusExamples,
  ...operatorExamples,
  ...purchaseExamples,
  ...documentedExamples,
};

/** The examples in each shape that has them: title, shape, example. */
export const examplesOfEachShape = (["current", "old"] as const).flatMap((shape) =>
  Object.entries(examples)
    .filter(([, example]) => example.shape === undefined || example.shape === shape)
    .map(([title, example]) => [title, shape, example] as const),
);
