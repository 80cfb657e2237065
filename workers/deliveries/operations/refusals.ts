import { refusal } from "../../../shared/contract/operations/reply.ts";

/** One wording for rows that don't exist, were deleted, or belong to another scope: it leaks nothing. */
export const unknownEndpoint = refusal("not_found", "Endpoint not found in this project and mode.");
export const unknownDelivery = refusal("not_found", "Delivery not found in this project and mode.");
export const unknownAlert = refusal("not_found", "Alert not found in this project and mode.");
export const unknownChannel = refusal("not_found", "Channel not found in this project and mode.");
