import type { Action } from "./action.ts";

type Step<Name extends Action["do"]> = Extract<Action, { do: Name }>;
type Change<Name extends Action["do"]> = Partial<Step<Name>>;

// Steps with the usual values, for tests that write a history themselves. Index 0 is the newest object.

const paid = { outcome: "paid", funding: "money", payments: 1 } as const;

export const wait = (days: number): Action => ({ do: "wait", seconds: days * 86_400 });

export const subscribe = (change: Change<"subscribe"> = {}): Action => ({
  do: "subscribe",
  start: "paid",
  price: "price_pro",
  quantity: 1,
  addOns: [],
  sold: true,
  ...change,
});

export const renew = (change: Change<"renew"> = {}): Action => ({
  do: "renew",
  on: 0,
  oneOff: false,
  ...paid,
  ...change,
});

export const settle = (change: Change<"settle"> = {}): Action => ({
  do: "settle",
  on: 0,
  ...paid,
  ...change,
});

/** Changes the price of an item. Invoiced at once and paid, unless `change` says otherwise. */
export const changePrice = (price: string, change: Change<"price"> = {}): Action => ({
  do: "price",
  on: 0,
  item: 0,
  price,
  proration: "now",
  ...paid,
  ...change,
});

export const changeQuantity = (quantity: number, change: Change<"quantity"> = {}): Action => ({
  do: "quantity",
  on: 0,
  item: 0,
  quantity,
  proration: "now",
  ...paid,
  ...change,
});

export const addItem = (price: string, change: Change<"add_item"> = {}): Action => ({
  do: "add_item",
  on: 0,
  price,
  quantity: 1,
  proration: "now",
  ...paid,
  ...change,
});

export const removeItem = (item: number, change: Change<"remove_item"> = {}): Action => ({
  do: "remove_item",
  on: 0,
  item,
  proration: "none",
  ...paid,
  ...change,
});

/** Replaces the newest items by items with these prices, in one change. */
export const swap = (prices: string[], change: Change<"swap"> = {}): Action => ({
  do: "swap",
  on: 0,
  prices,
  proration: "now",
  ...paid,
  ...change,
});

export const requestPrice = (price: string, change: Change<"pending_update"> = {}): Action => ({
  do: "pending_update",
  on: 0,
  price,
  proration: "now",
  ...paid,
  ...change,
});

export const buy = (kind: Step<"buy">["kind"], payment: Step<"buy">["payment"] = "card"): Action => ({
  do: "buy",
  kind,
  payment,
});

export const refund = (percent = 100, change: Change<"refund"> = {}): Action => ({
  do: "refund",
  payment: 0,
  percent,
  currency: "same",
  status: "succeeded",
  ...change,
});

export const dispute = (change: Change<"dispute"> = {}): Action => ({
  do: "dispute",
  payment: 0,
  percent: 100,
  currency: "same",
  status: "needs_response",
  ...change,
});

export const resolve = (status: Step<"resolve">["status"], index = 0): Action => ({
  do: "resolve",
  dispute: index,
  status,
});

/** Changes the price of the first item and changes it back, `count` times within one second. */
export const flipPrice = (count: number): Action => ({
  do: "burst",
  on: 0,
  flips: Array.from({ length: count }, () => "price" as const),
  back: true,
});
