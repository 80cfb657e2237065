/** The metadata that Licenzy writes on Stripe objects, to recognize them in Stripe's events. */
export interface LicenzyMetadata {
  projectId: string;
  mode: string;
  subjectRef: string;
  productCode: string;
  attemptId: string;
}

const names = {
  projectId: "licenzy_project_id",
  mode: "licenzy_mode",
  subjectRef: "licenzy_subject_ref",
  productCode: "licenzy_product_code",
  attemptId: "licenzy_attempt_id",
} as const satisfies Record<keyof LicenzyMetadata, string>;

export function buildLicenzyMetadata(ours: LicenzyMetadata): Record<string, string> {
  return {
    [names.projectId]: ours.projectId,
    [names.mode]: ours.mode,
    [names.subjectRef]: ours.subjectRef,
    [names.productCode]: ours.productCode,
    [names.attemptId]: ours.attemptId,
  };
}

/** Parses Licenzy's metadata; `null` when Licenzy did not create the object. */
export function parseLicenzyMetadata(
  metadata: Record<string, string> | null | undefined,
): LicenzyMetadata | null {
  const read = (name: keyof LicenzyMetadata) => metadata?.[names[name]];
  const [projectId, mode, subjectRef] = [read("projectId"), read("mode"), read("subjectRef")];
  const [productCode, attemptId] = [read("productCode"), read("attemptId")];
  if (!projectId || !mode || !subjectRef || !productCode || !attemptId) return null;
  return { projectId, mode, subjectRef, productCode, attemptId };
}
