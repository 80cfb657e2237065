import { refusal } from "../../../shared/contract/operations/reply.ts";

/** One wording for rows that don't exist, were deleted, or belong to another scope: it leaks nothing. */
export const unknownEndpoint = refusal("not_found", "There is no such endpoint in this project and mode.");
export const unknownDelivery = refusal("not_found", "There is no such delivery in this project and mode.");
export const unknownAlert = refusal("not_found", "There is no such alert in this project and mode.");
export const unknownChannel = refusal("not_found", "There is no such channel in this project and mode.");
