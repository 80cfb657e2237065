import { parseTime } from "../time/parse-time.ts";
import { formatOffset } from "../time/zone.ts";
import { Field, type FormState, Select } from "./fields.tsx";

/**
 * A field for a day and time in a zone. Where clocks repeat the time that was entered, a second field offers
 * both moments. The form carries `zone`, so that it means the same for everyone who opens its address.
 */
export function LocalTimeField({
  form,
  name,
  label,
  zone,
  required = true,
}: {
  form: FormState;
  name: string;
  label: string;
  zone: string;
  required?: boolean;
}) {
  const parsed = parseTime(form.values[name] ?? "", zone);
  return (
    <>
      <Field form={form} name={name} label={`${label} (${zone})`} type="datetime-local" required={required} />
      {parsed.outcome === "repeated" ? (
        <Select
          form={form}
          name={`${name}_offset`}
          label={`${label}: which one`}
          options={[
            { value: "", label: "Choose…" },
            ...parsed.offsets.map((offset, index) => ({
              value: formatOffset(offset),
              label: `${index === 0 ? "The first" : "The second"} (UTC${formatOffset(offset)})`,
            })),
          ]}
        />
      ) : null}
    </>
  );
}
