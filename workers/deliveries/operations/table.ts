import type { Implementations } from "../../../shared/operations/implement.ts";
import type { DeliveriesEnv } from "../env.ts";
import * as alertChannels from "./alert-channels.ts";
import { changeRules } from "./alert-rules.ts";
import * as alerts from "./alerts.ts";
import * as endpoints from "./endpoints.ts";
import { replay } from "./replay.ts";
import * as requeueMany from "./requeue-many.ts";
import { requeue, resend } from "./restart-delivery.ts";
import { sendTest } from "./send-test-event.ts";
import * as signingSecrets from "./signing-secrets.ts";

/** The function that executes each of this worker's operations. */
export const deliveriesOperations: Implementations<DeliveriesEnv, "deliveries"> = {
  "endpoint.create": endpoints.create,
  "endpoint.edit": endpoints.edit,
  "endpoint.enable": endpoints.enable,
  "endpoint.disable": endpoints.disable,
  "endpoint.delete": endpoints.remove,
  "endpoint.reveal_secret": signingSecrets.reveal,
  "endpoint.rotate_secret": signingSecrets.rotate,
  "endpoint.send_test": sendTest,
  "endpoint.replay": replay,
  "delivery.requeue": requeue,
  "delivery.resend": resend,
  "delivery.requeue_many": requeueMany.start,
  "delivery_job.stop": requeueMany.stop,
  "alert.assign": alerts.assign,
  "alert.snooze": alerts.snooze,
  "alert.finish": alerts.finish,
  "alert_rules.change": changeRules,
  "alert_channel.create": alertChannels.create,
  "alert_channel.delete": alertChannels.remove,
  "alert_channel.test": alertChannels.test,
};
