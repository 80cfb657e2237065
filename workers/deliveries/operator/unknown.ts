import { refusal } from "../../../shared/contract/operator.ts";

/** What is not there, deleted, or of another project or mode is all the same to who asks. */
export const unknownEndpoint = refusal("not_found", "There is no such endpoint in this project and mode.");
export const unknownDelivery = refusal("not_found", "There is no such delivery in this project and mode.");
