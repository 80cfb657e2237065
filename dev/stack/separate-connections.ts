import { Agent, setGlobalDispatcher } from "undici";

/**
 * workerd closes a connection 5 seconds after a response, even if the next request has arrived by then and waits in the
 * queue of a busy thread. The caller cannot distinguish that from a request that was lost. So each request has its own
 * connection.
 */
setGlobalDispatcher(new Agent({ pipelining: 0 }));
