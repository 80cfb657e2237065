/** A product of the demo: its price in Stripe, and the fields of the portal's form. */
export interface DemoProduct {
  code: string;
  /** The name in Stripe. */
  stripeName: string;
  /** Euro cents. */
  amount: number;
  isMonthly: boolean;
  form: Record<string, string>;
  /** What a subscription includes: the fields of the portal's form. */
  allowance?: Record<string, string>;
}

export const demoProducts: DemoProduct[] = [
  {
    code: "PRO_MONTHLY",
    stripeName: "Pro",
    amount: 2_900,
    isMonthly: true,
    form: { name: "Pro, monthly", kind: "subscription" },
    allowance: {
      included_units: "1000",
      every: "month",
      rollover_windows: "1",
      rollover_max: "",
      in_trial: "",
      from: "",
    },
  },
  {
    code: "CREDITS_1000",
    stripeName: "1,000 credits",
    amount: 4_900,
    isMonthly: false,
    form: { name: "1,000 credits", kind: "usage_pack", units: "1000" },
  },
  {
    code: "DAY_PASS",
    stripeName: "Day pass",
    amount: 500,
    isMonthly: false,
    form: { name: "Day pass", kind: "time_pass", duration_days: "1" },
  },
];
