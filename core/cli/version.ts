import manifest from "../../package.json" with { type: "json" };

/** Put in place of the name by build.ts: the commit, `modified` after it when the tree differed, and the version of libbpf. */
declare const RETIS_BUILD: { readonly commit: string; readonly libbpf: string } | undefined;

/** Version of this program, e.g. `0.1.0`. */
export const version: string = manifest.version;

/** What `--version` prints: what to name in a bug report. */
export function versionText(): string {
  const build = typeof RETIS_BUILD === "undefined" ? undefined : RETIS_BUILD;
  const commit = build === undefined ? "run from source" : `commit ${build.commit}`;
  return `retis ${version} (${commit})\nBun ${Bun.version}, libbpf ${build?.libbpf ?? "of the build host"}`;
}
