import { jsx } from "hono/jsx";
import { describe, expect, it } from "vitest";
import { ActionButton, SubmitButton } from "../../../workers/portal/components/fields.tsx";
import { LiveContext } from "../../../workers/portal/components/mode.tsx";
import { read, readSourceFiles } from "../../architecture/source-files.ts";

/** Folders of pages that belong to an account or to no one: they have no mode. */
const withoutMode =
  /\/pages\/(?:account|audit|invitation|plan|projects|reauthenticate|reset|second-factor|setup|sign-in|team)\//;

/** Buttons that show a preview, compare, or pass a form on, and change nothing. */
const harmless = [
  "workers/portal/pages/bulk/form.tsx",
  "workers/portal/pages/customer/actions/form.tsx",
  "workers/portal/pages/shadow/upload-card.tsx",
];

const rendered = (isLive: boolean, button: unknown) =>
  String(jsx(LiveContext.Provider, { value: isLive }, button as never));

describe("the chip of live mode", () => {
  const revoke = jsx(ActionButton, { action: "/x", label: "Retry now" });
  const save = jsx(SubmitButton, {}, "Save settings");

  it("is in every button that applies something, and in none in test mode", () => {
    for (const button of [revoke, save]) {
      expect(rendered(true, button)).toMatch(/<span class="live-chip">Live<\/span><\/button>/);
      expect(rendered(false, button)).not.toContain("live-chip");
    }
  });

  it("is not in a button with a confirmation: the confirmation has it", () => {
    expect(
      rendered(true, jsx(ActionButton, { action: "/x", label: "Delete…", confirms: true })),
    ).not.toContain("live-chip");
  });

  it("is missing on no page of a project", () => {
    const bare = readSourceFiles("workers/portal/pages")
      .map(({ path }) => path)
      .filter((path) => !withoutMode.test(path) && !harmless.includes(path))
      .filter((path) => /<button class="button (?:primary|danger)" type="submit"/.test(read(path)));
    expect(bare).toEqual([]);
  });
});
