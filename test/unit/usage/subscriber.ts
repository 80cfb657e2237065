import type { SignalSettings } from "../../../shared/domain/signal-settings.ts";
import type { DisputeStatus } from "../../../shared/domain/stripe-record.ts";
import { Customer } from "./customer.ts";
import { disputePlan, payPlan, reportPlan } from "./plan-facts.ts";

/** A customer who also buys passes and a plan with an allowance, and knows the project's settings of signals. */
export class Subscriber extends Customer {
  private plan: { start: number; number: number } | null = null;

  learn(settings: SignalSettings): void {
    this.report({ type: "signals", settings });
  }

  buyPass(name: string, durationDays: number): void {
    const noUnits = { units: null, expiresAfterDays: null };
    this.sell(name, { kind: "time_pass", productCode: "PASS", durationDays, ...noUnits });
  }

  /** Subscribes to the plan, or pays its next period. */
  payPlan(): void {
    const { start, number } = this.plan ?? { start: this.now, number: -1 };
    this.plan = { start, number: number + 1 };
    this.changePlan({});
    this.report(payPlan(start, number + 1));
  }

  changePlan(change: { cancelAtPeriodEnd?: boolean; isOver?: boolean }): void {
    if (this.plan === null) return;
    for (const fact of reportPlan({ ...this.plan, now: this.now }, change)) this.report(fact);
  }

  /** Reports a dispute of the plan's last payment. */
  disputePlan(status: DisputeStatus): void {
    if (this.plan !== null) this.report(disputePlan(this.plan.start, this.plan.number, this.now, status));
  }
}
