/** The part of libbpf's interface that we call (libbpf 1.1; headers bpf/libbpf.h, bpf/bpf.h, bpf/btf.h). */
import elfSource from "./native/libelf.so" with { type: "file" };
import bpfSource from "./native/libbpf.so" with { type: "file" };
import zlibSource from "./native/libz.so" with { type: "file" };
import { openLibrary } from "./native-library.ts";

const declarations = {
  libbpf_version_string: { args: [], returns: "cstring" },
  libbpf_set_print: { args: ["ptr"], returns: "ptr" },
  bpf_linker__new: { args: ["cstring", "ptr"], returns: "ptr" },
  bpf_linker__add_file: { args: ["ptr", "cstring", "ptr"], returns: "i32" },
  bpf_linker__finalize: { args: ["ptr"], returns: "i32" },
  bpf_linker__free: { args: ["ptr"], returns: "void" },
  bpf_object__open_mem: { args: ["ptr", "u64", "ptr"], returns: "ptr" },
  bpf_object__load: { args: ["ptr"], returns: "i32" },
  bpf_object__close: { args: ["ptr"], returns: "void" },
  bpf_object__btf: { args: ["ptr"], returns: "ptr" },
  bpf_object__find_map_by_name: { args: ["ptr", "cstring"], returns: "ptr" },
  bpf_object__next_map: { args: ["ptr", "ptr"], returns: "ptr" },
  bpf_map__name: { args: ["ptr"], returns: "cstring" },
  bpf_object__find_program_by_name: { args: ["ptr", "cstring"], returns: "ptr" },
  bpf_program__fd: { args: ["ptr"], returns: "i32" },
  bpf_program__set_expected_attach_type: { args: ["ptr", "u32"], returns: "i32" },
  bpf_program__set_autoload: { args: ["ptr", "bool"], returns: "i32" },
  bpf_program__set_log_buf: { args: ["ptr", "ptr", "u64"], returns: "i32" },
  bpf_map__fd: { args: ["ptr"], returns: "i32" },
  bpf_map__set_max_entries: { args: ["ptr", "u32"], returns: "i32" },
  bpf_map__reuse_fd: { args: ["ptr", "i32"], returns: "i32" },
  bpf_map__initial_value: { args: ["ptr", "ptr"], returns: "ptr" },
  bpf_map_update_elem: { args: ["i32", "ptr", "ptr", "u64"], returns: "i32" },
  bpf_map_lookup_elem: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  bpf_map_delete_elem: { args: ["i32", "ptr"], returns: "i32" },
  bpf_map__max_entries: { args: ["ptr"], returns: "u32" },
  bpf_map_get_next_key: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  bpf_map_update_batch: { args: ["i32", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  bpf_map_lookup_batch: { args: ["i32", "ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  btf__raw_data: { args: ["ptr", "ptr"], returns: "ptr" },
  btf__add_str: { args: ["ptr", "ptr"], returns: "i32" },
  libbpf_num_possible_cpus: { args: [], returns: "i32" },
} as const;

function open() {
  openLibrary("libz.so.1", zlibSource, { zlibVersion: { args: [], returns: "cstring" } });
  openLibrary("libelf.so.1", elfSource, { elf_version: { args: ["u32"], returns: "u32" } });
  return openLibrary("libbpf.so.1", bpfSource, declarations);
}

let opened: ReturnType<typeof open> | undefined;

/** The symbols of libbpf; the library is loaded by the first call, never by importing this file. */
export function libbpf(): ReturnType<typeof open> {
  opened ??= open();
  return opened;
}
