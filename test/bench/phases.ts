/** Durations that the tool reports at debug level: `12:00:00.000000 DEBUG probes planned: 46.9 ms (323.3 ms since start)`. */
const line = /DEBUG ([\w ]+): ([\d.]+) ms \([\d.]+ ms since start\)$/gm;

/** Milliseconds of each phase, in order. */
export function phasesOf(messages: string): ReadonlyMap<string, number> {
  return new Map([...messages.matchAll(line)].map((match) => [match[1]!, Number(match[2])]));
}
