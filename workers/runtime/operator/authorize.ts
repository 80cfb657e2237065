// The same rule as in the deliveries worker, for everything that operators do here.
export { type Authorized, authorize } from "../../../shared/db/authorize.ts";
