import { Agent, setGlobalDispatcher } from "undici";

/**
 * workerd closes a connection after 5 idle seconds and announces no limit in a `Keep-Alive` header. Node's
 * fetch drops one after about 4 seconds, by a timer that may be a second late. A request in that gap is reset
 * (ECONNRESET). Dropping idle connections after one second avoids the gap.
 */
setGlobalDispatcher(new Agent({ keepAliveTimeout: 1_000 }));
