import { Agent, setGlobalDispatcher } from "undici";

/**
 * workerd closes a connection that was idle for 5 seconds, without a `Keep-Alive` header that would say so; Node's
 * fetch gives one up after about 4, by a timer that may be a second late. A request in that gap is reset (ECONNRESET),
 * as after any longer step of the clock. A connection given up after one second is never in it.
 */
setGlobalDispatcher(new Agent({ keepAliveTimeout: 1_000 }));
