/** Of a body without a reader. Larger ones cost the sender its connection, which is cheaper than their bytes. */
const discardedBytes = 4 * 1024 * 1024;
const discardingMs = 5_000;

/**
 * Reads and drops the body of a request that is refused before its body is read, up to 4 MiB and for at most 5 s. The
 * platform would otherwise close the connection, and the caller's next request on it would fail. Does nothing for a body that
 * was read. Never throws: a caller that is gone does not read the refusal either.
 */
export async function discardBody(request: Request): Promise<void> {
  if (request.body === null || request.bodyUsed || request.body.locked) return;
  const reader = request.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), discardingMs);
  });
  try {
    for (let size = 0; size <= discardedBytes; ) {
      const read = await Promise.race([reader.read(), tooLate]);
      if (read === "late") break;
      if (read.done) return;
      size += read.value.length;
    }
    await reader.cancel();
  } catch {
    // The connection broke while the body was sent.
  } finally {
    clearTimeout(timer);
  }
}
