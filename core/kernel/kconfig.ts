/** The configuration the kernel was built with. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Values by option name with its `CONFIG_`: `y`, `m`, `n` or text without its quotes. */
export type KernelConfig = ReadonlyMap<string, string>;

/**
 * Reads a configuration, gzip or plain text.
 * @throws Error when the file cannot be read or is not a configuration
 */
export function readKernelConfig(path: string): KernelConfig {
  return parseKernelConfig(readFileSync(path));
}

/** Parses the content of a configuration file; an empty one is an empty configuration. */
export function parseKernelConfig(bytes: Uint8Array): KernelConfig {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = new TextDecoder().decode(isGzip ? gunzipSync(bytes) : bytes);
  const options = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (unset !== null) {
      options.set(unset[1]!, "n");
    } else if (line.startsWith("CONFIG_")) {
      const equals = line.indexOf("=");
      if (equals < 0) throw new Error(`line ${index + 1} has no "="`);
      options.set(
        line.slice(0, equals),
        line
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, "$1"),
      );
    }
  }
  return options;
}

/** Where distributions keep the configuration of a release, in the order of trust. */
export function kernelConfigPaths(release: string, { procDir = "/proc", root = "/" } = {}): readonly string[] {
  const from = root.replace(/\/$/, "");
  return [
    `${procDir}/config.gz`,
    `${from}/boot/config-${release}`,
    `${from}/lib/modules/${release}/config`,
    `${from}/run/host/usr/lib/modules/${release}/config`,
  ];
}
