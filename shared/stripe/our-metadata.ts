/** What we write on Stripe's objects, to know them again when Stripe speaks of them. */
export interface OurMetadata {
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
} as const satisfies Record<keyof OurMetadata, string>;

export function ourMetadata(ours: OurMetadata): Record<string, string> {
  return {
    [names.projectId]: ours.projectId,
    [names.mode]: ours.mode,
    [names.subjectRef]: ours.subjectRef,
    [names.productCode]: ours.productCode,
    [names.attemptId]: ours.attemptId,
  };
}

/** What `metadata` says of us, or `null` when the object is not one of ours. */
export function readOurMetadata(metadata: Record<string, string> | null | undefined): OurMetadata | null {
  const read = (name: keyof OurMetadata) => metadata?.[names[name]];
  const [projectId, mode, subjectRef] = [read("projectId"), read("mode"), read("subjectRef")];
  const [productCode, attemptId] = [read("productCode"), read("attemptId")];
  if (!projectId || !mode || !subjectRef || !productCode || !attemptId) return null;
  return { projectId, mode, subjectRef, productCode, attemptId };
}
